"""The ``hntt`` command: what is not a change to a device.

Sub-commands are imported when they are called for, so that ``hntt --help`` and shell completion stay quick. No command
ends in a traceback: what the operator can act upon is a sentence in the operator's language, the rest is kept for
``HNTT_DEBUG=1``. Exit codes: 0 clean, 1 findings or drift, 2 wrong usage, 3 could not be done.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import typer

from hntt.errors import FindingsError, HnttError, UsageError
from hntt.i18n import Language, set_language, tr

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_FAILED = 0, 1, 2, 3


@dataclass(frozen=True)
class Command:
    """A sub-command: where it lives, and its one line of help. ``is_group`` marks one that has sub-commands itself."""

    name: str
    target: str
    vi: str
    en: str
    is_group: bool = False

    def load(self) -> Any:
        """The function or the typer application."""
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)


COMMANDS = (
    Command(
        "check",
        "hntt.register.cli:check_command",
        "Kiểm tra sổ đăng ký: lỗi, quyết định, khảo sát, năng lực đường truyền",
        "Check the register: findings, decision, survey, capacity",
    ),
    Command(
        "render",
        "hntt.commands.render:render_command",
        "Ghi ra cấu hình dự định của các thiết bị, mỗi máy một thư mục, không kết nối tới đâu",
        "Write the intended state of devices, one folder per host, offline",
    ),
    Command(
        "plan",
        "hntt.commands.plan:plan_command",
        "Cho biết bản đang sửa làm thay đổi những gì trên toàn tỉnh so với một bản đã lưu",
        "Show what the working tree changes in the whole province against a revision",
    ),
    Command(
        "lab",
        "hntt.lab.cli:lab_app",
        "Phòng lab: dựng, gỡ, xem trạng thái, chạy lệnh, gây sự cố",
        "The lab: up, down, status, exec, fault",
        is_group=True,
    ),
    Command(
        "meeting",
        "hntt.meetings.cli:meeting_app",
        "Cuộc họp: ai có mặt, thiếu ai, ai đang nói, chân nối",
        "Meetings: who is present, who is missing, who speaks, legs",
        is_group=True,
    ),
    Command(
        "image",
        "hntt.image.cli:image_app",
        "Máy xã: khoá ký, dựng image, seed từng máy, mã ghi danh, USB cài đặt",
        "Commune PCs: signing keys, images, seeds, tokens, sticks",
        is_group=True,
    ),
    Command(
        "register",
        "hntt.register.cli:register_app",
        "Sửa sổ đăng ký có kiểm soát",
        "Edit the register with care",
        is_group=True,
    ),
    Command(
        "docs",
        "hntt.commands.docs:docs_command",
        "Sinh lại những gì được sinh ra từ mã nguồn: schema, trang lỗi, README của vai trò",
        "Make everything again that is generated from sources: schema, error pages, roles' READMEs",
    ),
)


def main() -> None:
    """Entry point: run the command and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run ``hntt`` with these arguments; the exit code. Messages go to standard error."""
    try:
        arguments = with_language_set(arguments)
        return _exit_code(build_app(arguments)(args=arguments, prog_name="hntt", standalone_mode=False))
    except KeyboardInterrupt:
        return _complain(tr(vi="Đã dừng theo yêu cầu.", en="Stopped as asked."), 130)
    except BrokenPipeError:
        # The reader (head, less) has what it wanted; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLEAN
    except Exception as error:
        if os.environ.get("HNTT_DEBUG"):
            raise
        return _explain(error)


def with_language_set(arguments: list[str]) -> list[str]:
    """The arguments without ``--lang``, which has taken effect: it may stand anywhere and counts for help texts too.

    What follows ``--`` belongs to somebody else. UsageError for a language that there is not.
    """
    left: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if argument == "--":
            return [*left, argument, *rest]
        if name == "--lang":
            _use_language(value if equals else next(rest, ""))
        else:
            left.append(argument)
    return left


def _use_language(wanted: str) -> None:
    if wanted in ("vi", "en"):
        set_language(cast("Language", wanted))
        return
    raise UsageError(tr(vi=f"--lang: chỉ có vi hoặc en, không có “{wanted}”", en=f"--lang: vi or en, not '{wanted}'"))


def build_app(arguments: list[str]) -> Callable[..., Any]:
    """The application; only the commands named in ``arguments`` are imported, the others are there as their help."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=tr(
            vi="Mạng hội nghị trực tuyến Quảng Bình. "
            "Mã thoát: 0 sạch, 1 có lỗi hay sai lệch, 2 dùng sai, 3 không làm được.",
            en="The conference network as code. "
            "Exit codes: 0 clean, 1 findings or drift, 2 wrong usage, 3 could not be done.",
        ),
    )
    app.callback()(_global_options)
    for command in COMMANDS:
        _mount(app, command, imported=command.name in arguments)
    return app


def _global_options(
    inventory: str = typer.Option(
        None,
        "--inventory",
        "-i",
        metavar="INVENTORY",
        help=tr(
            vi="Thư mục inventory (mặc định inventories/quang_binh)",
            en="Inventory folder (default inventories/quang_binh)",
        ),
    ),
    _lang: str = typer.Option(
        None,
        "--lang",
        metavar="vi|en",
        help=tr(vi="Ngôn ngữ; đặt ở đâu cũng được", en="Language; may stand anywhere"),
    ),
    output_format: str = typer.Option(
        None, "--format", metavar="text|json", help=tr(vi="Dạng kết quả", en="Form of the output")
    ),
) -> None:
    from hntt.commands.options import remember

    remember(inventory=inventory, output_format=output_format)


def _mount(app: typer.Typer, command: Command, *, imported: bool) -> None:
    help_line = tr(vi=command.vi, en=command.en)
    if not imported:
        app.command(command.name, help=help_line)(_not_called)
    elif command.is_group:
        app.add_typer(command.load(), name=command.name, help=help_line)
    else:
        app.command(command.name, help=help_line)(command.load())


def _not_called() -> None:
    raise AssertionError("a command that was called is always imported")


def _exit_code(returned: Any) -> int:
    return returned if isinstance(returned, int) else EXIT_CLEAN


def _explain(error: Exception) -> int:
    if _is_usage(error):
        return _complain(_usage_text(error), EXIT_USAGE)
    if isinstance(error, UsageError):
        return _complain(str(error), EXIT_USAGE)
    if isinstance(error, FindingsError):
        return _complain(str(error), EXIT_FINDINGS)
    if isinstance(error, HnttError) or type(error).__module__.startswith("hntt."):
        # The project's own exceptions carry sentences for the operator.
        return _complain(str(error), EXIT_FAILED)
    if isinstance(error, OSError) and error.filename:
        return _complain(f"{error.filename}: {error.strerror}", EXIT_FAILED)
    return _complain(
        tr(
            vi=f"Lỗi bên trong chương trình: {type(error).__name__}: {error}\n"
            "Chạy lại với HNTT_DEBUG=1 để có chi tiết gửi cho người phát triển.",
            en=f"Internal error: {type(error).__name__}: {error}\n"
            "Run again with HNTT_DEBUG=1 for the details that developers need.",
        ),
        EXIT_FAILED,
    )


def _is_usage(error: Exception) -> bool:
    # typer carries its own copy of click's exceptions; what they share with click's is this pair of names.
    return hasattr(error, "format_message") and getattr(error, "exit_code", None) == EXIT_USAGE


def _usage_text(error: Any) -> str:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    path = context.command_path if context else "hntt"
    said = error.format_message()
    return tr(vi=f"Dùng sai: {said}\nXem: {path} --help", en=f"Wrong usage: {said}\nSee: {path} --help")


def _complain(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
