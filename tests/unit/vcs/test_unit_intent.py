"""What the register makes of a unit's settings, and where each software keeps them."""

from __future__ import annotations

import pytest
from unit_bench import intent, source

from hntt.intent.linux import SettingsError
from hntt.intent.secrets import Placeholders, SecretValues
from hntt.intent.vcs import UnknownFamilyError, families, family_of, intent_lines, leaves_for, unit_settings
from hntt.intent.vcs.facts import registrar_of
from hntt.lab.simulators.xapi.schema import software
from hntt.network.model import Kind

UNITS = [host for host, device in source().network.devices.items() if device.kind is Kind.VCS]


def test_there_are_nine_units() -> None:
    assert len(UNITS) == 9


@pytest.mark.parametrize("host", UNITS)
def test_addresses_names_and_rates_are_the_registers(host: str) -> None:
    device = source().network.devices[host]
    values = intent(host).values
    assert values["sip_user"] == device.extension
    assert values["sip_uri"] == f"{device.extension}@hntt.quangbinh.example"
    assert values["sip_display_name"] == device.site.name
    assert {values[name] for name in ("call_rate", "max_transmit_rate", "max_receive_rate")} == {"1920"}
    assert values["ntp_server_1"] == values["dns_server_1"] == values["log_server"] == "10.44.32.10"


def test_marks_are_the_routers() -> None:
    values = intent().values
    marks = source().register.province.qos.dscp
    assert (values["qos_audio"], values["qos_video"], values["qos_signalling"]) == (
        str(marks.voice), str(marks.video), str(marks.signalling),
    )  # fmt: skip


def test_a_unit_registers_with_the_server_of_its_own_room() -> None:
    devices = source().network.devices
    assert registrar_of(source().register, devices["vcs.tinh"]) == "mcu-1.tinh"
    for district in source().register.districts:
        assert registrar_of(source().register, devices[f"vcs.{district.slug}"]) == f"{district.mcu}.tinh"


def test_management_and_calls_are_closed_by_default() -> None:
    values = intent().values
    for name in ("http", "telnet", "snmp", "h323", "provisioning", "multistream", "far_end_control"):
        assert values[name] == "Off", name
    assert (values["encryption"], values["sip_transport"], values["sip_tls_verify"]) == ("On", "Tls", "On")


def test_settings_of_the_inventory_count_and_yaml_booleans_are_words() -> None:
    values = intent(vcs_auto_answer=False, vcs_web_interface="HTTPS", vcs_far_end_control=True).values
    assert (values["auto_answer"], values["http"], values["far_end_control"]) == ("Off", "HTTPS", "On")


def test_a_setting_that_uses_what_there_is_not_is_refused() -> None:
    from unit_bench import ROLES

    with pytest.raises(SettingsError, match="vcs_authority"):
        unit_settings(ROLES, {"vcs_authority": "{{ nowhere }}"})


def test_a_secret_that_the_vault_lacks_is_named() -> None:
    with pytest.raises(KeyError, match=r"sip/vcs\.le-thuy"):
        intent(secrets=SecretValues({}))


def test_units_trust_the_province_s_authority_unless_another_is_set() -> None:
    secrets = SecretValues({"sip": "x", "authority": "the province's"})
    assert intent(secrets=secrets).authority == "the province's"
    assert intent(secrets=secrets, vcs_authority="another").authority == "another"
    assert intent(secrets=SecretValues({"sip": "x"})).authority == ""


def test_offline_the_password_is_its_name() -> None:
    text = intent_lines(intent(secrets=Placeholders()), families()["ce9"])  # type: ignore[arg-type]
    assert 'xConfiguration SIP Authentication Password: "<secret:sip/vcs.le-thuy>"' in text


@pytest.mark.parametrize("key", list(families()))
def test_every_setting_has_its_place_and_the_software_takes_it(key: str) -> None:
    """The simulator's trees are written from the documentation, apart from the families."""
    tree = software(key).leaves
    for leaf in leaves_for(intent(), families()[key]):
        known = tree[leaf.key]
        assert known.path == leaf.path
        assert known.accept(leaf.value) == leaf.value, leaf.path
        assert (known.is_quoted, known.secret, known.restart) == (leaf.text, leaf.secret, leaf.restart), leaf.path


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("ce9.15.0.11 6ab9a8f 2021-04-16", "ce9"),
        ("ce10.19.1.2 0a1b2c3 2022-09-30", "roomos11"),
        ("ce11.5.2.4 0a1b2c3 2023-06-01", "roomos11"),
        ("CE11.5.2.4", "roomos11"),
    ],
)
def test_the_family_follows_from_the_version(version: str, key: str) -> None:
    assert family_of(version).key == key


@pytest.mark.parametrize("version", ["TC7.3.21.e6c2b2d", "ce8.3.7", "ce26.5.1.1", "ce90.1", ""])
def test_a_version_that_nobody_has_looked_at_belongs_to_no_family(version: str) -> None:
    with pytest.raises(UnknownFamilyError):
        family_of(version)
