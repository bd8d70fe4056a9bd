"""What the installer's screen says. Vietnamese: it is read by the commune's staff, and aloud over the phone."""

from __future__ import annotations

from typing import Any

from .disks import Disk, in_gib
from .seed import Manifest

TITLE = "CÀI LẠI MÁY HỘI NGHỊ TRỰC TUYẾN"
LOOKING = "Đang tìm USB và ổ đĩa, xin chờ..."
ASK_CODE = "Gõ mã xã (5 chữ số) rồi nhấn Enter:"
ASK_AGAIN = "Gõ lại mã xã để đồng ý xoá, hoặc nhấn Enter để thôi:"
AGAIN = "Nhấn Enter để làm lại từ đầu."
CHECKING = "1/4 Kiểm tra bộ cài trên USB"
PREPARING = "2/4 Chuẩn bị ổ đĩa"
WRITING = "3/4 Ghi lên ổ đĩa"
READING = "4/4 Đọc lại để kiểm tra"


def welcome(manifest: Manifest) -> str:
    """What one is about to do."""
    return (
        f"USB này cài lại máy họp của xã (bản {manifest.version}). Không cần mạng. "
        "Mã xã in trên phong bì của USB. Chưa có gì bị xoá trước khi anh/chị đồng ý."
    )


def not_agreed() -> str:
    """The confirmation was another one."""
    return "Mã gõ lại không khớp: chưa xoá gì cả."


def plan(seed: dict[str, Any], disk: Disk) -> str:
    """What will be erased, and what the PC will be."""
    lines = [
        f"Máy sẽ là máy họp của: {seed['commune']}, {seed['district']} (mã {seed['code']})",
        "",
        "SẼ XOÁ TOÀN BỘ ổ đĩa này, không lấy lại được:",
        f"   loại ổ:    {disk.model or 'không rõ'}",
        f"   số sê-ri:  {disk.serial or 'không có'}",
        f"   dung lượng: {in_gib(disk.size)}  ({disk.path})",
    ]
    if disk.partitions:
        lines.append("   đang có:")
        lines += [f"      {part.name}  {in_gib(part.size)}  {part.label}".rstrip() for part in disk.partitions]
    else:
        lines.append("   đang có:   ổ trống")
    return "\n".join(lines)


def working(seed: dict[str, Any]) -> str:
    """While it is being done."""
    return (
        f"Đang cài máy của xã {seed['commune']}. Xin đừng tắt máy, đừng rút USB. "
        "Nếu mất điện: bật máy lại, màn hình này hiện ra và làm lại từ đầu."
    )


def done(seed: dict[str, Any]) -> str:
    """The end."""
    return (
        f"XONG. Máy của xã {seed['commune']} đã được cài.\n"
        "Hãy RÚT USB ra, kiểm tra dây mạng và máy quay, rồi nhấn Enter: máy khởi động lại và tự vào trang họp. "
        "Nếu sau 15 phút chưa thấy trang họp, hãy gọi tỉnh."
    )


def stopped(code: str, text: str) -> str:
    """Nothing goes on."""
    return f"DỪNG LẠI - mã {code}\n\n{text}"
