"""Has a server hold a certificate of the province's authority: made when there is none, renewed before its end.

The server makes its key and asks; the controller, which opens the vault, answers. The key never leaves the server.
"""

from __future__ import annotations

import shlex
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from hntt.i18n import tr
from hntt.intent import pki
from hntt.intent.secrets import SecretValues

DOCUMENTATION = """
module: hntt_certificate
short_description: A server's certificate, issued by the province's own authority
description:
  - Looks at the certificate the server has. When there is none, another authority's, another name's or one with less
    than 30 days left, the server makes a new key and the controller issues a certificate for it.
  - A running Asterisk takes it up at once; calls go on.
  - The vault must have C(authority_key) and C(authority).
options:
  dir:
    description: Where C(server.key) and C(server.pem) are.
    type: path
    required: true
  restart:
    description: Service that reads them at its start only; restarted where it runs.
    type: str
    default: ""
"""

_READ = """
cat server.pem 2>/dev/null || exit 0
[ "$(openssl x509 -pubkey -noout -in server.pem)" = "$(openssl pkey -pubout -in server.key)" ] || echo mismatch
"""
_ASK = """
umask 077
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key.new
openssl req -new -key server.key.new -subj /CN=server
"""
_TAKE = """
umask 022
cat > server.pem.new
[ "$(openssl x509 -pubkey -noout -in server.pem.new)" = "$(openssl pkey -pubout -in server.key.new)" ]
if getent group asterisk >/dev/null; then chgrp asterisk server.key.new; fi
chmod 0640 server.key.new
mv server.key.new server.key
mv server.pem.new server.pem
if systemctl is-active --quiet asterisk.service; then /usr/local/sbin/hntt-mcu reload; fi
if [ -n "$RESTART" ] && systemctl is-active --quiet "$RESTART"; then systemctl restart "$RESTART"; fi
"""


class ActionModule(ActionBase):
    """See DOCUMENTATION."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = self._variables = task_vars or {}
        super().run(tmp, variables)
        _, args = self.validate_argument_spec(
            argument_spec={"dir": {"type": "path", "required": True}, "restart": {"type": "str", "default": ""}}
        )
        try:
            return self._certified(str(args["dir"]), str(args["restart"]), variables)
        except pki.PkiError as error:
            raise AnsibleActionFail(str(error)) from error

    def _certified(self, folder: str, restart: str, variables: dict[str, Any]) -> dict[str, Any]:
        authority, subject = self._authority(variables), self._subject(variables)
        reasons = self._reasons(folder, authority, subject)
        if reasons and not self._task.check_mode:
            self._have_openssl()
            request = self._shell(folder, _ASK, make=True)
            self._shell(
                folder, f"\nRESTART={shlex.quote(restart)}{_TAKE}", stdin=pki.issue(authority, request, subject)
            )
            left = self._reasons(folder, authority, subject)
            if left:
                raise AnsibleActionFail("; ".join(left))
        return {"changed": bool(reasons), "msg": "; ".join(reasons)}

    def _authority(self, variables: dict[str, Any]) -> pki.Authority:
        values = self._templar.template(variables.get("hntt_secrets", {}))
        secrets = SecretValues({str(name): str(value) for name, value in dict(values).items()})
        try:
            return pki.Authority(secrets.get(pki.AUTHORITY_KEY), secrets.get(pki.AUTHORITY))
        except KeyError as error:
            raise AnsibleActionFail(
                tr(
                    vi=f"thiếu bí mật {error}: tạo CA bằng `hntt register authority` rồi chép vào vault",
                    en=f"secret {error} is missing: make one with `hntt register authority` and put it in the vault",
                )
            ) from error

    def _subject(self, variables: dict[str, Any]) -> pki.Subject:
        facts = self._templar.template(variables["hntt"])
        return pki.Subject((str(facts["fqdn"]), str(facts["host"])), str(facts["address"]))

    def _have_openssl(self) -> None:
        if self._low_level_execute_command("command -v openssl")["rc"] == 0:
            return
        asked = {"name": "openssl", "state": "present", "install_recommends": False}
        done = self._execute_module(module_name="ansible.builtin.apt", module_args=asked, task_vars=self._variables)
        if done.get("failed"):
            raise AnsibleActionFail(str(done.get("msg")))

    def _reasons(self, folder: str, authority: pki.Authority, subject: pki.Subject) -> tuple[str, ...]:
        found = self._shell(folder, _READ, missing_is_empty=True)
        certificate, mismatch, _ = found.partition("mismatch")
        reasons = pki.faults(certificate, authority.certificate, subject)
        return (*reasons, tr(vi="khoá không khớp", en="its key is another's")) if mismatch else reasons

    def _shell(
        self, folder: str, script: str, *, stdin: str | None = None, make: bool = False, missing_is_empty: bool = False
    ) -> str:
        place = shlex.quote(folder)
        begin = f"mkdir -p {place}\ncd {place}" if make else f"cd {place}"
        if missing_is_empty:
            begin = f"cd {place} 2>/dev/null || exit 0"
        command = f"sh -euc {shlex.quote(f'{begin}{script}')}"
        done = self._low_level_execute_command(command, in_data=stdin.encode() if stdin else None, sudoable=True)
        if done["rc"] != 0:
            raise AnsibleActionFail(f"{folder}: {done['stderr'] or done['stdout']}")
        return str(done["stdout"])
