"""What ``a3x doctor --bench`` measures and what it concludes; no clock, no model."""

from __future__ import annotations

from a3x.engine.compare import AS_SET, Result, Speed, Way, advise, summarise, ways

NOW, CARD = Way(AS_SET), Way("card, all layers", {"gpu_layers": -1})


def result(way: Way, *decoding: float) -> Result:
    return summarise(way, [Speed(1000.0, one) for one in decoding])


def test_what_is_tried() -> None:
    plain = [way.label for way in ways(6, None, only_plain=True)]
    assert plain == [AS_SET, *(f"processor, {count}, plain kernels" for count in _threads(1, 2, 4, 6))]
    both = ways(2, "Navi 24", only_plain=False)
    assert [way.label for way in both][:3] == [AS_SET, "Navi 24, all layers", "processor, 1 thread"]
    assert len(both) == 6
    assert both[1].engine == {"gpu_layers": -1}
    assert all(way.engine["gpu_layers"] == 0 for way in both[2:])
    assert [way.engine["threads"] for way in ways(1, None, True)[1:]] == [1]


def _threads(*counts: int) -> list[str]:
    return [f"{count} thread" + ("s" if count > 1 else "") for count in counts]


def test_a_clear_gain_is_advised() -> None:
    found = advise([result(NOW, 20, 21, 22), result(CARD, 60, 40, 61)])
    assert (found.fastest, dict(found.engine)) == (CARD.label, {"gpu_layers": -1})
    assert found.reason == "2.86 times as fast at decoding as what is set now"


def test_noise_is_no_advice() -> None:
    """Negative control: the same way measured twice on a busy machine must not look like a discovery."""
    shaky = advise([result(NOW, 250, 210, 300), result(CARD, 290, 320, 200)])
    assert (shaky.fastest, dict(shaky.engine)) == (CARD.label, {})
    close = advise([result(NOW, 100, 100, 100), result(CARD, 102, 103, 104)])
    assert dict(close.engine) == {}
    assert "leave it" in close.reason


def test_what_fails_is_named_and_never_advised() -> None:
    broken = summarise(CARD, [Speed(9e9, 9e9), Speed(failed="ended by signal 11")])
    assert (broken.failed, broken.decode_tok_s) == ("ended by signal 11", 0.0)
    assert advise([result(NOW, 20.0), broken]).fastest == AS_SET
    rescued = advise([summarise(NOW, [Speed(failed="no memory")]), result(CARD, 5.0)])
    assert (dict(rescued.engine), "does not work" in rescued.reason) == ({"gpu_layers": -1}, True)
    assert advise([broken]).reason == "nothing could be measured"
    assert summarise(NOW, []).failed == "not measured"
