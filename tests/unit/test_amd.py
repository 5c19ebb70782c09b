"""The card readings on a made-up /sys: what is there, what is missing, what answers with an error."""

from __future__ import annotations

import machine
import pytest

from a3x.hardware import amd, room
from tests.support import rx6400


def test_reads_an_rx_6400(tmp_path):
    rx6400.make_sys(tmp_path)
    (card,) = amd.cards(tmp_path)
    assert card == amd.Card(
        name="card0",
        pci_id="1002:743f",
        gfx_target="gfx1034",
        vram_total_bytes=rx6400.VRAM_TOTAL_BYTES,
        vram_used_bytes=rx6400.VRAM_USED_BYTES,
        busy_percent=7,
        link="16.0 GT/s x4",
    )
    assert card.vram_free_bytes == rx6400.VRAM_TOTAL_BYTES - rx6400.VRAM_USED_BYTES


def test_no_card_on_an_empty_tree(tmp_path):
    assert amd.cards(tmp_path) == ()


def test_other_vendors_are_not_amd_cards(tmp_path):
    device = rx6400.make_sys(tmp_path)
    (device / "vendor").write_text("0x10de\n")
    assert amd.cards(tmp_path) == ()


@pytest.mark.parametrize("busy", [None, "", "error\n", "-1\n", "255\n"])
def test_unknown_load_is_none_and_never_zero(tmp_path, busy):
    rx6400.make_sys(tmp_path, busy=busy)
    assert amd.cards(tmp_path)[0].busy_percent is None


def test_a_busy_file_that_cannot_be_read_is_none(tmp_path):
    device = rx6400.make_sys(tmp_path, busy=None)
    (device / "gpu_busy_percent").mkdir()  # reading a folder is an OSError, for root too
    assert amd.cards(tmp_path)[0].busy_percent is None


def test_an_idle_card_is_zero(tmp_path):
    rx6400.make_sys(tmp_path, busy="0\n")
    assert amd.cards(tmp_path)[0].busy_percent == 0


def test_missing_memory_readings_are_none(tmp_path):
    device = rx6400.make_sys(tmp_path)
    (device / "mem_info_vram_used").unlink()
    (card,) = amd.cards(tmp_path)
    assert card.vram_used_bytes is None
    assert card.vram_free_bytes is None


def test_each_of_two_cards_gets_its_own_target(tmp_path):
    rx6400.make_sys(tmp_path)
    rx6400.write(tmp_path / "class/drm/card1/device/vendor", "0x1002\n")
    (tmp_path / "class/drm/card1/device/drm/renderD129").mkdir(parents=True)
    nodes = tmp_path / "class/kfd/kfd/topology/nodes"
    rx6400.write(nodes / "2/properties", "gfx_target_version 110000\ndrm_render_minor 129\n")
    assert [card.gfx_target for card in amd.cards(tmp_path)] == ["gfx1034", "gfx1100"]


@pytest.mark.parametrize("text", ["", "garbage", "²", "-5", "0x", "\xff\xfe", "1e9", "12 34"])
def test_broken_files_are_unknown_and_never_numbers(tmp_path, text):
    device = rx6400.make_sys(tmp_path)
    for name in ("mem_info_vram_total", "mem_info_vram_used", "gpu_busy_percent", "current_link_width", "device"):
        (device / name).write_bytes(text.encode("latin-1"))
    rx6400.write(tmp_path / "class/kfd/kfd/topology/nodes/1/properties", f"gfx_target_version {text}\n{text}\n")
    (card,) = amd.cards(tmp_path)
    known = (card.gfx_target, card.vram_total_bytes, card.vram_used_bytes, card.busy_percent, card.link)
    assert known == (None,) * 5
    assert card.vram_free_bytes is None
    assert amd.largest((card,)) is None


def test_more_used_than_there_is_is_no_reading(tmp_path):
    device = rx6400.make_sys(tmp_path)
    (device / "mem_info_vram_used").write_text(f"{rx6400.VRAM_TOTAL_BYTES + 1}\n")
    assert amd.cards(tmp_path)[0].vram_free_bytes is None


def test_an_unknown_link_is_none(tmp_path):
    device = rx6400.make_sys(tmp_path)
    (device / "current_link_speed").write_text("Unknown\n")
    assert amd.cards(tmp_path)[0].link is None


def test_a_model_goes_to_the_card_with_most_memory(tmp_path):
    rx6400.make_sys(tmp_path)
    small = tmp_path / "class/drm/card1/device"  # a processor's own graphics
    rx6400.write(small / "vendor", "0x1002\n")
    rx6400.write(small / "mem_info_vram_total", f"{512 << 20}\n")
    rx6400.write(small / "mem_info_vram_used", "0\n")
    chosen = amd.largest(amd.cards(tmp_path))
    assert chosen is not None
    assert chosen.name == "card0"
    assert amd.largest(()) is None


def test_room_is_the_cards_only_where_the_build_can_use_it(tmp_path):
    rx6400.make_sys(tmp_path)
    usable, unusable = room.measure(6, True, tmp_path), room.measure(6, False, tmp_path)
    assert usable.card == "card0 gfx1034"
    assert usable.card_total_bytes == rx6400.VRAM_TOTAL_BYTES
    assert usable.card_free_bytes == rx6400.VRAM_TOTAL_BYTES - rx6400.VRAM_USED_BYTES
    assert unusable.card_free_bytes is None
    assert 0 < unusable.ram_free_bytes <= unusable.ram_total_bytes
    nothing = room.measure(6, True, tmp_path / "empty")
    assert (nothing.card_free_bytes, nothing.offload) == (None, True)


@pytest.mark.parametrize(("version", "name"), [(100304, "gfx1034"), (90010, "gfx90a"), (110000, "gfx1100")])
def test_target_names_agree_between_installer_and_daemon(version, name):
    assert amd.gfx_name(version) == name
    assert machine.gfx_name(version) == name
