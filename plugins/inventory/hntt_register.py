from __future__ import annotations

import json
import re
from pathlib import Path

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

from hntt.errors import HnttError
from hntt.i18n import tr
from hntt.inventory.config import FILE_NAME, from_options
from hntt.inventory.source import read_source
from hntt.inventory.view import Inventory, inventory_of

DOCUMENTATION = r"""
name: hntt_register
short_description: The register of the conference network as an inventory
description:
  - Hosts, groups and facts derived from the register's YAML files; see docs/architecture.md.
  - Findings of severity error stop the run before anything connects. All of them are shown, with file and line.
  - Relative paths are taken from the folder of the configuration file.
options:
  plugin:
    description: Marks the file as this plugin's.
    required: true
    choices: [hntt_register]
  register:
    description: Folder of the register.
    type: path
    default: register
  only:
    description:
      - Narrows the inventory. Keys are C(districts), C(communes), C(kinds), C(tiers), C(without); each a list of names.
      - The centre stays, whatever the districts, unless C(tiers) leaves C(province) out.
    type: dict
    default: {}
  overlay:
    description:
      - YAML file with facts that are laid over the register's, keys C(only), C(all), C(groups), C(hosts).
      - When it is named and absent the run stops and says how to make it.
    type: path
  known_hosts:
    description: File with the pinned host keys; given to hosts as C(hntt_known_hosts) and to ssh.
    type: path
  secrets_file:
    description: File with the secrets (Ansible Vault); only its path is given to hosts, as C(hntt_secrets_file).
    type: path
"""

EXAMPLES = r"""
plugin: hntt_register
only:
  districts: [le-thuy]
  kinds: [router, noc]
"""


TEMPLATE_MARKS = re.compile(r"\{\{|\{%|\{#")


class InventoryModule(BaseInventoryPlugin):
    NAME = "hntt_register"
    # Untrusted texts reach `ansible-inventory` wrapped one by one; instead _without_templates proves there is nothing
    # in the register's facts that could be taken for a template.
    trusted_by_default = True

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and Path(path).name.endswith(FILE_NAME)

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        options = self._read_config_data(path)
        try:
            config = from_options(Path(path), options)
            found = inventory_of(config, read_source(config.register_dir))
        except HnttError as error:
            raise AnsibleParserError(str(error)) from error
        self._without_templates(found)
        self._hand_over(found)

    def _without_templates(self, found: Inventory) -> None:
        for host, variables in found.hosts.items():
            if mark := TEMPLATE_MARKS.search(json.dumps(variables["hntt"], ensure_ascii=False)):
                raise AnsibleParserError(
                    tr(
                        vi=f"{host}: dữ kiện trong sổ đăng ký không được chứa “{mark.group()}” (ký hiệu khuôn mẫu)",
                        en=f"{host}: the register's facts must not contain '{mark.group()}' (it begins a template)",
                    )
                )

    def _hand_over(self, found: Inventory) -> None:
        for name in found.groups:
            self.inventory.add_group(name)
        for host, variables in found.hosts.items():
            self.inventory.add_host(host)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
        for name, group in found.groups.items():
            for member in (*group.children, *group.hosts):
                self.inventory.add_child(name, member)
        for name, value in found.all_vars.items():
            self.inventory.set_variable("all", name, value)
