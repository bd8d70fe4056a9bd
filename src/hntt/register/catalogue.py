"""The loader's rules: R0xx a file cannot be used as it is, R1xx it is not the YAML we read, R2xx its shape is wrong."""

from __future__ import annotations

from hntt.register.findings import Severity, Text
from hntt.register.rules import rule

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

FILE_MISSING = rule(
    "R001",
    _ERROR,
    title=Text("Thiếu tệp của sổ đăng ký", "A file of the register is missing"),
    why=Text(
        "Một huyện có tên trong province.yml mà không có tệp thì mọi xã của huyện đó biến mất khỏi mạng.",
        "A district named in province.yml without a file makes all its communes vanish from the network.",
    ),
    mend=Text(
        "Khôi phục tệp (git restore), sửa tên tệp, hoặc bỏ huyện khỏi danh sách districts.",
        "Restore the file (git restore), correct its name, or take the district out of the list districts.",
    ),
)
FILE_UNLISTED = rule(
    "R002",
    _ERROR,
    title=Text("Tệp huyện không có trong province.yml", "A district file is not listed in province.yml"),
    why=Text(
        "Tệp không được liệt kê thì không ai đọc: người sửa tưởng đã khai báo, còn mạng thì không biết.",
        "Nobody reads a file that is not listed: its author believes it is in force, and the network knows nothing.",
    ),
    mend=Text(
        "Thêm tên huyện vào districts trong province.yml, hoặc chuyển tệp ra khỏi thư mục districts.",
        "Add the district to districts in province.yml, or move the file out of the folder districts.",
    ),
)
NOT_A_FILE = rule(
    "R003",
    _ERROR,
    title=Text("Không phải là tệp thường", "Not an ordinary file"),
    why=Text(
        "Chỗ này phải là một tệp YAML; thư mục, ống hay thiết bị thì không đọc được.",
        "A YAML file belongs here; a folder, pipe or device cannot be read as one.",
    ),
    mend=Text("Thay bằng một tệp YAML cùng tên.", "Put a YAML file with this name in its place."),
)
BROKEN_LINK = rule(
    "R004",
    _ERROR,
    title=Text("Liên kết hỏng", "A broken link"),
    why=Text(
        "Liên kết trỏ tới chỗ không có; trên máy khác sau khi clone cũng sẽ không có.",
        "The link points to nothing; on another machine, after a clone, it will point to nothing too.",
    ),
    mend=Text("Thay liên kết bằng chính tệp đó.", "Replace the link by the file itself."),
)
UNREADABLE = rule(
    "R005",
    _ERROR,
    title=Text("Không đọc được tệp", "The file cannot be read"),
    why=Text(
        "Hệ điều hành từ chối đọc: thường là quyền hoặc đĩa hỏng.",
        "The system refuses to read it: mostly permissions or a failing disk.",
    ),
    mend=Text("Xem quyền của tệp (ls -l) và đĩa (dmesg).", "Look at the file's mode (ls -l) and the disk (dmesg)."),
)
TOO_LARGE = rule(
    "R006",
    _ERROR,
    title=Text("Tệp quá lớn", "The file is too large"),
    why=Text(
        "Tệp của một huyện chỉ vài chục kB. Tệp lớn thế này là chép nhầm thứ khác vào.",
        "A district's file has some tens of kB. One this large holds something else by mistake.",
    ),
    mend=Text("Khôi phục bản đúng (git log -- TỆP).", "Restore the right version (git log -- FILE)."),
)
EMPTY = rule(
    "R007",
    _ERROR,
    title=Text("Tệp trống", "The file is empty"),
    why=Text(
        "Tệp trống hoặc chỉ có ghi chú thường do lưu dở dang hay đĩa đầy.",
        "An empty file, or one with comments only, mostly comes from an interrupted save or a full disk.",
    ),
    mend=Text("Khôi phục bản trước: git restore TỆP.", "Restore the version before: git restore FILE."),
)
NOT_UTF8 = rule(
    "R008",
    _ERROR,
    title=Text("Không phải UTF-8", "Not UTF-8"),
    why=Text(
        "Bảng mã khác (TCVN3, VNI, Windows-1258, UTF-16) làm hỏng chữ có dấu của mọi tên.",
        "Another encoding (TCVN3, VNI, Windows-1258, UTF-16) destroys the marks of every name.",
    ),
    mend=Text(
        "Mở tệp bằng đúng bảng mã cũ rồi lưu lại thành UTF-8 không BOM.",
        "Open the file in its own encoding and save it again as UTF-8 without BOM.",
    ),
)
BOM = rule(
    "R009",
    _WARNING,
    title=Text("Tệp có BOM ở đầu", "The file begins with a byte-order mark"),
    why=Text(
        "Ba byte vô hình ở đầu tệp: chúng tôi bỏ qua, nhưng công cụ khác có thể coi là một phần của khóa đầu tiên.",
        "Three invisible bytes: skipped here, but other tools may take them for a part of the first key.",
    ),
    mend=Text("hntt register tidy TỆP, hoặc lưu UTF-8 không BOM.", "hntt register tidy FILE, or save without BOM."),
)
CRLF = rule(
    "R010",
    _WARNING,
    title=Text("Xuống dòng kiểu Windows (CRLF)", "Windows line ends (CRLF)"),
    why=Text(
        "Đọc được, nhưng git sẽ báo mọi dòng đều đổi và che mất thay đổi thật.",
        "It can be read, but git will show every line as changed and hide the real change.",
    ),
    mend=Text("hntt register tidy TỆP, hoặc chọn LF trong trình soạn thảo.", "hntt register tidy FILE, or choose LF."),
)
CONFLICT = rule(
    "R011",
    _ERROR,
    title=Text("Còn dấu xung đột của git", "Merge-conflict markers are left"),
    why=Text(
        "Hai người sửa cùng một chỗ và chưa ai chọn: không biết giá trị nào đúng.",
        "Two people changed the same place and nobody has chosen: which value is right is unknown.",
    ),
    mend=Text(
        "Chọn phần đúng, xóa các dòng <<<<<<<, =======, >>>>>>>, rồi git add.",
        "Keep the right part, delete the lines <<<<<<<, =======, >>>>>>>, then git add.",
    ),
)
NOT_NFC = rule(
    "R012",
    _WARNING,
    title=Text("Chữ có dấu viết rời (NFD)", "Decomposed letters (NFD)"),
    why=Text(
        "Nhìn giống hệt nhau nhưng tìm kiếm, so sánh và git sẽ coi là tên khác. Ở đây được đọc như chữ dựng sẵn (NFC).",
        "It looks the same, but searching, comparing and git take it for another name. It is read as NFC here.",
    ),
    mend=Text("hntt register tidy TỆP.", "hntt register tidy FILE."),
)
TAB = rule(
    "R013",
    _ERROR,
    title=Text("Thụt đầu dòng bằng tab", "Indented with a tab"),
    why=Text(
        "YAML chỉ nhận dấu cách khi thụt dòng; tab rộng bao nhiêu là tùy máy nên cấu trúc trở nên mơ hồ.",
        "YAML takes only spaces for indenting; how wide a tab is depends on the editor, so the structure is unclear.",
    ),
    mend=Text(
        "Thay mỗi tab bằng dấu cách (2 cho mỗi cấp).",
        "Replace each tab by spaces (2 for each level).",
    ),
)
INVISIBLE = rule(
    "R014",
    _ERROR,
    title=Text("Ký tự không nhìn thấy", "A character nobody can see"),
    why=Text(
        "Dấu cách không ngắt, ký tự rộng 0 hay ký tự điều khiển (chép từ Word, Zalo, trang web) làm hai tên "
        "nhìn giống nhau thành khác nhau.",
        "Non-breaking spaces, zero-width or control characters (copied from Word, chats, web pages) make two names "
        "that look the same differ.",
    ),
    mend=Text("Gõ lại chỗ đó, hoặc hntt register tidy TỆP.", "Type that place again, or hntt register tidy FILE."),
)

SYNTAX = rule(
    "R101",
    _ERROR,
    title=Text("Sai cú pháp YAML", "YAML syntax error"),
    why=Text(
        "Không tách được tệp thành khóa và giá trị, nên phần sau chỗ này chưa được kiểm tra.",
        "The file cannot be split into keys and values, so what follows this place has not been checked.",
    ),
    mend=Text(
        "Sửa dòng được nêu (thường là dấu ngoặc kép, dấu hai chấm hoặc thụt dòng của dòng đó hay dòng ngay trên).",
        "Mend the line named (mostly a quote, a colon or the indentation of that line or the one above).",
    ),
)
DUPLICATE_KEY = rule(
    "R102",
    _ERROR,
    title=Text("Một khóa viết hai lần", "A key is written twice"),
    why=Text(
        "Nhiều công cụ lặng lẽ lấy giá trị sau; người đọc thì thấy giá trị trước.",
        "Many tools silently take the last value; people see the first.",
    ),
    mend=Text("Giữ lại một.", "Keep one of them."),
)
YAML_FEATURE = rule(
    "R103",
    _ERROR,
    title=Text("Tính năng YAML không dùng trong sổ", "A YAML feature the register does not use"),
    why=Text(
        "Nhãn (!…), khóa trộn (<<) và nhiều văn bản trong một tệp khó đọc, và nhãn có thể chạy mã lạ.",
        "Tags (!…), merge keys (<<) and several documents in one file are hard to read, and tags can run foreign code.",
    ),
    mend=Text("Viết giá trị ra trực tiếp.", "Write the value out."),
)
KEY_NOT_TEXT = rule(
    "R104",
    _ERROR,
    title=Text("Khóa không phải là chữ", "A key is not text"),
    why=Text(
        "Khóa của sổ luôn là chữ; số, true/false, yes/no, danh sách không phải là khóa.",
        "The register's keys are words; numbers, true/false, yes/no and lists are not keys.",
    ),
    mend=Text("Sửa tên khóa.", "Correct the key."),
)
ALIASES = rule(
    "R105",
    _ERROR,
    title=Text("Bí danh YAML phình quá mức", "YAML aliases expand too far"),
    why=Text(
        "Vài dòng bí danh lồng nhau có thể nở thành hàng tỉ giá trị và làm treo máy.",
        "A few lines of nested aliases can grow into billions of values and stall the machine.",
    ),
    mend=Text("Viết giá trị ra trực tiếp thay cho &tên và *tên.", "Write the values out instead of &name and *name."),
)
TOO_DEEP = rule(
    "R106",
    _ERROR,
    title=Text("Lồng quá sâu", "Nested too deep"),
    why=Text(
        "Sổ sâu nhất là sáu cấp; sâu hơn nhiều là tệp hỏng hoặc dấu ngoặc thiếu.",
        "The register is six levels deep at most; much deeper is a damaged file or a missing bracket.",
    ),
    mend=Text("Kiểm tra các dấu [ và {.", "Check the [ and { signs."),
)

MISSING_FIELD = rule(
    "R201",
    _ERROR,
    title=Text("Thiếu một mục bắt buộc", "A required field is missing"),
    why=Text(
        "Không có mục này thì không suy ra được tên, địa chỉ hoặc cấu hình.",
        "Without it, names, addresses or configuration cannot be derived.",
    ),
    mend=Text("Thêm mục đó.", "Add the field."),
)
UNKNOWN_KEY = rule(
    "R202",
    _ERROR,
    title=Text("Khóa không có trong sổ", "An unknown key"),
    why=Text(
        "Khóa gõ sai bị bỏ qua sẽ làm giá trị mặc định có hiệu lực mà không ai hay.",
        "A misspelt key, were it skipped, would leave the default in force without anyone noticing.",
    ),
    mend=Text("Sửa tên khóa hoặc xóa đi.", "Correct the key, or delete it."),
)
WRONG_TYPE = rule(
    "R203",
    _ERROR,
    title=Text("Sai kiểu giá trị", "The value is of the wrong type"),
    why=Text("Số, chữ, danh sách và nhóm khóa không thay nhau được.", "Numbers, text, lists and groups differ."),
    mend=Text("Viết lại giá trị đúng kiểu.", "Write the value in the right type."),
)
QUOTE_IT = rule(
    "R204",
    _ERROR,
    title=Text("Cần đặt trong dấu nháy", "The value needs quotes"),
    why=Text(
        "Không có dấu nháy, YAML đổi mã thành số (mất số 0 ở đầu, bát phân), No thành false, "
        "10:20:30 thành số giây, 2019-07-01 thành ngày.",
        "Without quotes YAML turns codes into numbers (leading zeros, octal), No into false, 10:20:30 into seconds, "
        "2019-07-01 into a date.",
    ),
    mend=Text("Đặt giá trị trong dấu nháy đơn.", "Put the value in single quotes."),
)
NOT_ALLOWED = rule(
    "R205",
    _ERROR,
    title=Text("Giá trị không nằm trong danh sách cho phép", "The value is not one of those allowed"),
    why=Text(
        "Chỉ những giá trị này có ý nghĩa đối với phần còn lại của hệ thống.",
        "Only these values mean something to the rest of the system.",
    ),
    mend=Text("Chọn một trong các giá trị được nêu.", "Choose one of the values named."),
)
OUT_OF_RANGE = rule(
    "R206",
    _ERROR,
    title=Text("Giá trị ngoài khoảng cho phép", "The value is out of range"),
    why=Text(
        "Thường là thừa hoặc thiếu một chữ số, hay đổi chỗ vĩ độ và kinh độ.",
        "Mostly a digit too many or too few, or latitude and longitude exchanged.",
    ),
    mend=Text("Sửa giá trị.", "Correct the value."),
)
WRONG_FORM = rule(
    "R207",
    _ERROR,
    title=Text("Giá trị viết sai dạng", "The value has the wrong form"),
    why=Text(
        "Mã, MAC, số sê-ri và tên máy được so sánh từng ký tự: mỗi thứ chỉ có một cách viết.",
        "Codes, MACs, serials and host names are compared letter by letter: each has one way to be written.",
    ),
    mend=Text("Viết lại theo mẫu được nêu.", "Write it as the example shows."),
)
WRONG_UNIT = rule(
    "R208",
    _ERROR,
    title=Text("Tốc độ thiếu hoặc sai đơn vị", "A rate without its unit, or with a wrong one"),
    why=Text(
        "4 có thể là 4 Mbit/s hay 4 kbit/s; MB/s gấp tám lần Mbit/s. Đơn vị phải được viết ra.",
        "4 may be 4 Mbit/s or 4 kbit/s; MB/s is eight times Mbit/s. The unit must be written.",
    ),
    mend=Text(
        "Viết số kèm kbit/s, Mbit/s hoặc Gbit/s, ví dụ: 4 Mbit/s.",
        "Write a number with kbit/s, Mbit/s or Gbit/s, for example: 4 Mbit/s.",
    ),
)
WRONG_PREFIX = rule(
    "R209",
    _ERROR,
    title=Text("Dải địa chỉ viết sai", "An address prefix is not valid"),
    why=Text(
        "Địa chỉ của cả mạng suy ra từ dải này; dải phải bắt đầu đúng ranh giới của mặt nạ.",
        "All addresses are derived from it; a prefix must begin on the boundary its mask gives.",
    ),
    mend=Text("Viết dạng 10.44.0.0/22.", "Write it like 10.44.0.0/22."),
)
FILE_NAME = rule(
    "R210",
    _ERROR,
    title=Text("Tên tệp khác slug của huyện", "The file's name is not the district's slug"),
    why=Text(
        "Tên tệp, tên trong province.yml và slug phải là một, nếu không một huyện có thể được đọc hai lần.",
        "The file's name, the name in province.yml and the slug are one; else a district could be read twice.",
    ),
    mend=Text("Đổi slug hoặc đổi tên tệp.", "Change the slug or rename the file."),
)
