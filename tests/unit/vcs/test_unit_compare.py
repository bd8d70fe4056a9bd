"""What counts as a difference."""

from __future__ import annotations

from hntt.devices.roomos import compare
from hntt.intent.vcs import Leaf


def test_paths_and_words_have_no_case_and_texts_do() -> None:
    wanted = [Leaf("http", "NetworkServices HTTP Mode", "Off"), Leaf("name", "SystemUnit Name", "Phòng A", text=True)]
    same = {"networkservices http mode": "off", "SYSTEMUNIT NAME": "Phòng A"}
    assert compare(wanted, same).differing == ()
    (found,) = compare(wanted, {**same, "SYSTEMUNIT NAME": "phòng a"}).differing
    assert found.lines == ('- SystemUnit Name: "phòng a"', '+ SystemUnit Name: "Phòng A"')


def test_items_of_a_list_are_not_mixed_up() -> None:
    wanted = [Leaf("one", "NTP Server 1 Address", "a", text=True), Leaf("two", "NTP Server 2 Address", "b", text=True)]
    found = compare(wanted, {"NTP Server 1 Address": "b", "NTP Server 2 Address": "b"})
    assert [item.leaf.setting for item in found.differing] == ["one"]


def test_a_secret_is_unknown_whatever_is_shown() -> None:
    leaf = Leaf("sip_password", "SIP Authentication Password", "right", text=True, secret=True)
    for shown in ("", "***", "right", "wrong"):
        found = compare([leaf], {"SIP Authentication Password": shown})
        assert (found.differing, found.unknown) == ((), (leaf,))


def test_a_path_that_is_not_there_is_no_difference() -> None:
    leaf = Leaf("telnet", "NetworkServices Telnet Mode", "Off")
    found = compare([leaf], {"NetworkServices HTTP Mode": "Off"})
    assert (found.differing, found.absent) == ((), (leaf,))


def test_an_empty_item_of_a_list_that_is_shorter_is_nothing_to_tell() -> None:
    leaf = Leaf("ntp_server_3", "NTP Server 3 Address", "", text=True)
    assert compare([leaf], {}).absent == ()


def test_leaves_that_nobody_manages_do_not_count() -> None:
    assert compare([], {"Video Input Connector 1 Name": "Camera"}).differing == ()
