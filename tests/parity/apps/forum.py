"""A forum: chains of relations, subclasses in one collection, lists inside lists, classic attribute spellings."""

from __future__ import annotations

from datetime import datetime

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Account(DomainModel):
    class Meta:
        collection_name = "for_accounts"

    name = attrs.bproperty(type_cls=str)
    karma = attrs.int
    banned = attrs.bproperty(type_cls=bool)


class Group(DomainModel):
    class Meta:
        collection_name = "for_groups"

    title = attrs.str
    owner = attrs.relation(dm_cls="Account")
    readers = attrs.list(attrs.relation(dm_cls=Account))
    weights = attrs.dict(attrs.int)


class Topic(DomainModel):
    class Meta:
        collection_name = "for_topics"

    title: str = attrs.nothing
    group = attrs.relation(dm_cls="Group")
    pinned: bool = attrs.nothing


class Post(DomainModel):
    class Meta:
        collection_name = "for_posts"

    topic = attrs.relation(dm_cls="Topic")
    author = attrs.relation(dm_cls="Account")
    text: str = attrs.nothing
    at: datetime = attrs.nothing
    likes: list[str] = attrs.nothing
    votes: dict[str, int] = attrs.nothing

    @attrs.getter
    def score(self) -> int:
        return sum(self.votes.values()) if self.votes else 0

    @attrs.getter
    def preview(self) -> str:
        return self.text[:3] + "…" if self.text and len(self.text) > 3 else self.text


class Answer(Post):
    accepted: bool = attrs.nothing


class TopicPageStore(Store):
    topic = reference(dm_cls=Topic)
    group = reference(dm_cls=Group)
    owner = reference(dm_cls=Account)
    readers = reference(dm_cls=Account, many=True)
    posts = reference(dm_cls=Post, many=True, on=lambda store, post: post.topic == store.topic)
    answers = reference(dm_cls=Answer, many=True, on=lambda store, answer: answer.topic == store.topic)


class TopicPage(ViewModel):
    class Meta:
        collection_name = "for_topic_pages"

    store: TopicPageStore

    @staticmethod
    def shown(account) -> str:
        return "[banned]" if account.banned else account.name

    @attrs.getter
    def path(self) -> str:
        group = self.store.group
        return f"{group.title if group else '-'}/{self.store.topic.title}"

    @attrs.getter
    def owner_name(self) -> str:
        return self.shown(self.store.owner)

    @attrs.getter
    def owner_karma(self) -> int:
        owner = self.store.owner
        if owner is None:
            return 0
        if not owner.karma:
            return -1
        return owner.karma

    @attrs.getter
    def reader_names(self) -> list[str]:
        return sorted(self.shown(account) or "" for account in self.store.readers.values())

    @attrs.getter
    def reader_karma(self) -> dict[str, int]:
        return {account.doc_id: account.karma * 2 for account in self.store.readers.values()}

    @attrs.getter
    def rich_readers(self) -> int:
        count = 0
        for account in self.store.readers.values():
            if account.karma is None or account.banned:
                continue
            if account.karma > 2:
                count += 1
        return count

    @attrs.getter
    def authors(self) -> set[str]:
        return {post.author for post in self.store.posts.values() if post.author}

    @attrs.getter
    def posts(self) -> list[dict]:
        return [
            {"author": post.author, "text": post.preview, "score": post.score, "likes": len(post.likes or [])}
            for post in sorted(self.store.posts.values(), key=lambda post: post.doc_id, reverse=True)
        ]

    @attrs.getter
    def liked_by(self) -> list[dict]:
        return [
            {"post": post.doc_id, "names": [like.upper() for like in post.likes if like]}
            for post in self.store.posts.values()
            if post.likes
        ]

    @attrs.getter
    def liked_strictly(self) -> list[dict]:
        return [
            {"post": post.doc_id, "names": [like.upper() for like in post.likes]} for post in self.store.posts.values()
        ]

    @attrs.getter
    def like_count(self) -> int:
        return sum(len(post.likes) for post in self.store.posts.values())

    @attrs.getter
    def all_likes(self) -> list[str]:
        likes = []
        for post in self.store.posts.values():
            for like in post.likes or []:
                likes.append(like)
        return likes

    @attrs.getter
    def last_author(self) -> str | None:
        dated = [post for post in self.store.posts.values() if post.at]
        if not dated:
            return None
        last = sorted(dated, key=lambda post: post.at)[-1]
        return last.author

    @attrs.getter
    def newest(self) -> datetime:
        return max(post.at for post in self.store.posts.values())

    @attrs.getter
    def accepted(self) -> str | None:
        return next((answer.text for answer in self.store.answers.values() if answer.accepted), None)

    @attrs.getter
    def answer_count(self) -> int:
        return len(self.store.answers)

    @attrs.getter
    def weights(self) -> int:
        weights = self.store.group.weights
        total = 0
        for name, weight in weights.items():
            if name != "x":
                total += weight
        return total

    @attrs.getter
    def average_score(self) -> float:
        if not self.store.posts:
            return 0.0
        return sum(post.score for post in self.store.posts.values()) / len(self.store.posts)

    @attrs.getter
    def texts(self) -> dict[str, str]:
        return {post.author: post.text for post in self.store.posts.values() if post.author is not None}

    @attrs.getter
    def length(self) -> int:
        return sum(map(len, (post.text for post in self.store.posts.values() if post.text)))

    @attrs.getter
    def kinds(self) -> list[str]:
        return [f"{post.doc_id}:{post.obj_type}" for post in self.store.posts.values()]

    @attrs.getter
    def hot(self) -> bool:
        return (len(self.store.posts) > 2 and self.like_count > 3) or bool(self.store.topic.pinned)

    @attrs.getter
    def badge(self) -> str:
        score = self.average_score
        if score < 0:
            return "bad"
        if score == 0:
            return "new"
        return "good" if score < 5 else "great"
