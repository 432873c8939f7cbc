"""How a file is sent: as what people know it from, else as a document. https://core.telegram.org/bots/api#sending-files"""

from gateways.messages import Attachment

BIGGEST_PHOTO = 10_000_000  # bytes
BIGGEST = 50_000_000  # of anything else
DOCUMENT = ("sendDocument", "document")
SHOWN = {  # by type, the method and the field that holds the file
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "video/mp4": ("sendVideo", "video"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/ogg": ("sendVoice", "voice"),  # which has to be Opus
}


def best_way(file: Attachment) -> tuple[str, str]:
    """The method that shows it best, and the field for it. What Telegram won't show, it takes as a document."""
    method, field = SHOWN.get(file.content_type, DOCUMENT)
    content = file.content or b""
    too_large = method == "sendPhoto" and len(content) > BIGGEST_PHOTO
    no_voice = method == "sendVoice" and b"OpusHead" not in content[:100]
    return DOCUMENT if too_large or no_voice else (method, field)
