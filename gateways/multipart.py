"""Bodies that hold files beside fields: multipart/form-data. https://www.rfc-editor.org/rfc/rfc7578"""

from collections.abc import Mapping

from urllib3.filepost import encode_multipart_formdata

from gateways.messages import Attachment


def form(fields: Mapping[str, str], files: Mapping[str, Attachment]) -> tuple[bytes, str]:
    """The body, and its content type. Files are under the names of their fields, with their bytes in `content`."""
    parts = {name: (file.name, file.content or b"", file.content_type) for name, file in files.items()}
    body, content_type = encode_multipart_formdata({**fields, **parts})
    return body, content_type
