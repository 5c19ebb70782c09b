"""The card readings on a made-up /sys: what is there, what is missing, what answers with an error."""

from __future__ import annotations

import machine
import pytest

from a3x.hardware import amd
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


@pytest.mark.parametrize(("version", "name"), [(100304, "gfx1034"), (90010, "gfx90a"), (110000, "gfx1100")])
def test_target_names_agree_between_installer_and_daemon(version, name):
    assert amd.gfx_name(version) == name
    assert machine.gfx_name(version) == name
