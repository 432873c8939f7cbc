"""What was read becomes articles. What hasn't changed isn't touched, and what people have edited is theirs."""

from collections.abc import Iterable, Sequence
from itertools import count

from django.db import transaction
from django.utils import timezone

from agents.imports.pieces import LONGEST_TITLE, Piece, digest
from agents.knowledge_models import ImportedArticle, Source, SourcePage
from agents.models import Article

LONGEST_URL = 200  # characters of Article.url


class Applying:
    """Writes pages of one source into its agent's articles. Wants a transaction around each use."""

    def __init__(self, source: Source) -> None:
        self._source = source
        titles = Article.objects.filter(agent=source.agent_id).values_list("title", flat=True)
        self._taken = set(titles)

    def pages(self, pages: Sequence[SourcePage]) -> None:
        """Make the articles of these pages what their pieces say."""
        known: dict[int, dict[str, ImportedArticle]] = {page.pk: {} for page in pages}
        for imported in ImportedArticle.objects.filter(page__in=pages).select_related("article"):
            known[imported.page_id][imported.key] = imported
        for page in pages:
            earlier = known[page.pk]
            for piece in (Piece(**each) for each in page.pieces):
                self._piece(page, piece, earlier.pop(piece.key, None))
            self._vanished(earlier.values())
            page.pieces = []
        SourcePage.objects.bulk_update(pages, ["pieces"])

    def gone(self, pages: Sequence[SourcePage]) -> None:
        """The source doesn't have these pages any more: their articles rest. Sub agents may be linked to them."""
        self._vanished(ImportedArticle.objects.filter(page__in=pages, gone=False).select_related("article"))

    def _piece(self, page: SourcePage, piece: Piece, imported: ImportedArticle | None) -> None:
        if imported is None:
            self._make(page, piece)
        elif imported.article is None:
            return  # somebody deleted it, and doesn't want it back
        elif is_edited(imported, imported.article):
            _keep(imported, piece)
        elif piece.hash != imported.content_hash:
            self.take(imported, imported.article, piece)
        else:
            _wake(imported, imported.article)

    def _make(self, page: SourcePage, piece: Piece) -> None:
        url = page.address if self._source.kind != Source.Kind.FILE and len(page.address) <= LONGEST_URL else ""
        title = self._title(piece.title)
        article = Article.objects.create(agent_id=self._source.agent_id, title=title, body=piece.body, url=url)
        ImportedArticle.objects.create(
            article=article,
            source=self._source,
            page=page,
            key=piece.key,
            content_hash=piece.hash,
            written_hash=of(article),
        )

    def take(self, imported: ImportedArticle, article: Article, piece: Piece) -> None:
        """The source's new words, unless somebody has saved the article a moment ago."""
        self._taken.discard(article.title)
        title = self._title(piece.title)
        mine = Article.objects.filter(pk=article.pk, updated_at=article.updated_at)
        article.title, article.body, article.is_active = title, piece.body, article.is_active or imported.gone
        if not mine.update(title=title, body=piece.body, is_active=article.is_active, updated_at=timezone.now()):
            return
        imported.content_hash, imported.written_hash = piece.hash, of(article)
        imported.edited = imported.gone = False
        imported.news_title = imported.news_body = ""
        imported.save()

    def _title(self, wanted: str) -> str:
        """The title, or the title and something that tells it from an article that has it already."""
        names = (f" ({self._source.name}{'' if number == 1 else f' {number}'})" for number in count(1))
        title = wanted
        while title in self._taken:
            suffix = next(names)
            title = wanted[: LONGEST_TITLE - len(suffix)] + suffix
        self._taken.add(title)
        return title

    def _vanished(self, imported: Iterable[ImportedArticle]) -> None:
        for each in imported:
            article = each.article
            each.gone, each.edited = True, article is not None and is_edited(each, article)
            each.save(update_fields=["gone", "edited"])
            if article is not None and article.is_active and not each.edited:
                article.is_active = False
                article.save(update_fields=["is_active", "updated_at"])


def is_edited(imported: ImportedArticle, article: Article) -> bool:
    return of(article) != imported.written_hash


def of(article: Article) -> str:
    return digest(article.title, article.body)


def take_news(imported: ImportedArticle) -> None:
    """Give up what was edited, for what the source says now."""
    with transaction.atomic():
        article = imported.article
        if article is not None and imported.news_body:
            piece = Piece(imported.key, imported.news_title, imported.news_body)
            Applying(imported.source).take(imported, article, piece)


def _keep(imported: ImportedArticle, piece: Piece) -> None:
    """The operator's words stay; what the source says now is kept beside them, if it is news."""
    news = piece.hash != imported.content_hash
    imported.edited, imported.gone = True, False
    imported.news_title, imported.news_body = (piece.title, piece.body) if news else ("", "")
    imported.save()


def _wake(imported: ImportedArticle, article: Article) -> None:
    """Unchanged. It was put to rest when its page vanished, and the page is back."""
    if imported.gone:
        article.is_active = True
        article.save(update_fields=["is_active", "updated_at"])
    if imported.gone or imported.edited:
        imported.gone = imported.edited = False
        imported.news_title = imported.news_body = ""
        imported.save()


def remove(source: Source) -> int:
    """Delete the source and its articles, but for those that people have edited. Returns how many are left."""
    with transaction.atomic():
        rows = ImportedArticle.objects.filter(source=source, article__isnull=False).select_related("article")
        articles = [row.article.pk for row in rows if row.article and not is_edited(row, row.article)]
        left = len(rows) - len(articles)
        source.delete()
        Article.objects.filter(pk__in=articles).delete()
    return left
