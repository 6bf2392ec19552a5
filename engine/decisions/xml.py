"""Reading XML from people we do not know: no DOCTYPE, no entities, no network, a size limit.

Law: this is the only place of the room where lxml's parser is called.
"""

from __future__ import annotations

import re

from lxml import etree

from engine.errors import Fault, ModelRefused

DMN_NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",
}

_DECLARED_ENCODING = re.compile(r"^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*(\"[^\"]*\"|'[^']*')")


def read_root(xml: bytes | str, file: str = "", max_bytes: int = 0) -> etree._Element:
    """The root element of `xml`.

    `max_bytes` 0 means no limit. Raises ModelRefused with one fault when the text is too large, is not
    well-formed, or holds a DOCTYPE.
    """
    data = _as_bytes(xml)
    if max_bytes and len(data) > max_bytes:
        raise _refused(
            "xml.too_large",
            None,
            file,
            f"The file has {len(data):,} bytes; at most {max_bytes:,} are allowed.",
            f"文件有 {len(data):,} 字节，超过上限 {max_bytes:,} 字节。",
        )
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = error.msg or "unreadable"
        raise _refused(
            "xml.malformed",
            error.lineno,
            file,
            f"This is not well-formed XML: {reason}",
            f"XML 格式不正确：{reason}",
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("xml.doctype", 1, file, "A DOCTYPE or entity is not allowed.", "不允许包含 DOCTYPE 或实体声明。")
    return root


def local_name(element: etree._Element) -> str:
    """The tag without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace_of(element: etree._Element) -> str:
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def line_of(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _as_bytes(xml: bytes | str) -> bytes:
    if isinstance(xml, bytes):
        return xml
    # A string is already decoded: what its declaration says about bytes no longer holds.
    return _DECLARED_ENCODING.sub(r"\1", xml.lstrip("\ufeff"), count=1).encode("utf-8")


def _refused(rule: str, line: int | None, file: str, en: str, zh: str) -> ModelRefused:
    return ModelRefused([Fault(rule, None, line, en, zh, file=file)])
