"""Music: artists, tracks, playlists with positions, listens; durations, charts, overlaps."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

NIGHT = range(6)


class Artist(DomainModel):
    class Meta:
        collection_name = "mus_artists"

    name: str = attrs.nothing
    genres: list[str] = attrs.nothing
    verified: bool = attrs.nothing


class Track(DomainModel):
    class Meta:
        collection_name = "mus_tracks"

    title: str = attrs.nothing
    artist = attrs.relation(dm_cls="Artist")
    seconds: int = attrs.nothing
    explicit: bool = attrs.nothing
    year: int | None = attrs.nothing
    ratings: list[int] = attrs.nothing

    @property
    def decade(self) -> str | None:
        if self.year is None or self.year < 0:
            return None
        return f"{self.year // 10 * 10}s"

    @property
    def length(self) -> str:
        minutes, seconds = divmod(self.seconds or 0, 60)
        return f"{minutes}:{seconds:02d}"


class Playlist(DomainModel):
    class Meta:
        collection_name = "mus_playlists"

    title: str = attrs.nothing
    owner: str | None = attrs.nothing
    tracks = attrs.list(attrs.relation(dm_cls="Track"))
    artists = attrs.list(attrs.relation(dm_cls="Artist"))
    followers: set[str] = attrs.nothing
    public: bool = attrs.nothing


class Listen(DomainModel):
    class Meta:
        collection_name = "mus_listens"

    track = attrs.relation(dm_cls="Track")
    user: str = attrs.nothing
    at: datetime = attrs.nothing
    played: timedelta | None = attrs.nothing
    skipped: bool = attrs.nothing

    @attrs.getter
    def is_complete(self) -> bool:
        return not self.skipped and self.played is not None and self.played >= timedelta(microseconds=2)


class PlaylistStore(Store):
    playlist = reference(dm_cls=Playlist)
    tracks = reference(dm_cls=Track, many=True)
    artists = reference(dm_cls=Artist, many=True)


class PlaylistPage(ViewModel):
    class Meta:
        collection_name = "mus_playlist_pages"

    store: PlaylistStore

    @attrs.getter
    def title(self) -> str:
        title = (self.store.playlist.title or "").strip()
        return title if title else f"Playlist of {self.store.playlist.owner or 'somebody'}"

    @attrs.getter
    def inverse_ratings(self) -> float:
        """Ratings of 0, and what is no rating: the first is told."""
        return sum(1 / rating for track in self.store.tracks.values() for rating in track.ratings or ())

    @attrs.getter
    def total_seconds(self) -> int:
        return sum(track.seconds or 0 for track in self.store.tracks.values())

    @attrs.getter
    def duration(self) -> str:
        minutes = math.ceil(self.total_seconds / 60)
        if minutes < 60:
            return f"{minutes} min"
        return f"{minutes // 60} h {minutes % 60} min"

    @attrs.getter
    def listing(self) -> list[str]:
        listing = []
        for position, track_id in enumerate(self.store.playlist.tracks or [], start=1):
            track = self.store.tracks.get(track_id)
            if track is None:
                listing.append(f"{position}. (removed)")
                continue
            listing.append(f"{position}. {track.title} [{track.length}]")
        return listing

    @attrs.getter
    def repeated(self) -> list[str]:
        counts = Counter(self.store.playlist.tracks or [])
        return sorted(track_id for track_id, count in counts.items() if count > 1)

    @attrs.getter
    def unavailable(self) -> int:
        return sum(track_id not in self.store.tracks for track_id in self.store.playlist.tracks or [])

    @attrs.getter
    def decades(self) -> dict[str, int]:
        decades: dict[str, int] = defaultdict(int)
        for track in self.store.tracks.values():
            if track.decade:
                decades[track.decade] += 1
        return dict(decades)

    @attrs.getter
    def family_friendly(self) -> bool:
        return not any(track.explicit for track in self.store.tracks.values())

    @attrs.getter
    def longest(self) -> str | None:
        tracks = [track for track in self.store.tracks.values() if track.seconds]
        if not tracks:
            return None
        return max(tracks, key=attrgetter("seconds")).title

    @attrs.getter
    def average_rating(self) -> float | None:
        ratings = [rating for track in self.store.tracks.values() for rating in track.ratings or [] if rating > 0]
        return round(sum(ratings) / len(ratings), 1) if ratings else None

    @attrs.getter
    def top_rated(self) -> list[str]:
        rated = [(track.title or "?", max(track.ratings)) for track in self.store.tracks.values() if track.ratings]
        rated.sort(key=itemgetter(0))
        rated.sort(key=itemgetter(1), reverse=True)
        return [title for title, _ in rated[:3]]

    @attrs.getter
    def years(self) -> str:
        years = {track.year for track in self.store.tracks.values() if track.year}
        if not years:
            return ""
        return f"{min(years)}" if len(years) == 1 else f"{min(years)}-{max(years)}"

    @attrs.getter
    def artists(self) -> list[str]:
        return [artist.name or "?" for artist in self.store.artists.values()]

    @attrs.getter
    def verified_share(self) -> float:
        if not self.store.artists:
            return 0.0
        return len([a for a in self.store.artists.values() if a.verified]) / len(self.store.artists)

    @attrs.getter
    def genres(self) -> set[str]:
        return {genre.strip().lower() for artist in self.store.artists.values() for genre in artist.genres or []} - {""}

    @attrs.getter
    def popularity(self) -> str:
        followers = len(self.store.playlist.followers or ())
        return (
            "viral"
            if followers > 2
            else "known"
            if followers
            else "private"
            if not self.store.playlist.public
            else "new"
        )


class TrackPageStore(Store):
    track = reference(dm_cls=Track)
    artist = reference(dm_cls=Artist)
    listens = reference(dm_cls=Listen, many=True)


class TrackPage(ViewModel):
    class Meta:
        collection_name = "mus_track_pages"

    store: TrackPageStore

    @attrs.getter
    def credit(self) -> str:
        artist = self.store.artist
        name = artist.name if artist is not None else None
        return f"{self.store.track.title or 'Untitled'} – {name or 'Unknown artist'}"

    @attrs.getter
    def plays(self) -> int:
        return len([listen for listen in self.store.listens.values() if listen.is_complete])

    @attrs.getter
    def listeners(self) -> int:
        return len({listen.user for listen in self.store.listens.values() if listen.user})

    @attrs.getter
    def skip_rate(self) -> float:
        listens = list(self.store.listens.values())
        if not listens:
            return 0.0
        return round(sum(1 for listen in listens if listen.skipped) / len(listens), 2)

    @attrs.getter
    def plays_by_day(self) -> dict[str, int]:
        days: dict[str, int] = {}
        for listen in self.store.listens.values():
            if listen.at is None:
                continue
            day = listen.at.strftime("%Y-%m-%d")
            days[day] = days.get(day, 0) + 1
        return days

    @attrs.getter
    def fans(self) -> list[str]:
        per_user = Counter(listen.user for listen in self.store.listens.values() if listen.user and listen.is_complete)
        return sorted(user for user, plays in per_user.items() if plays >= 2)

    @attrs.getter
    def played_at_night(self) -> bool:
        return any(listen.at.hour in NIGHT for listen in self.store.listens.values() if listen.at)

    @attrs.getter
    def time_played(self) -> timedelta:
        return sum((listen.played for listen in self.store.listens.values() if listen.played), timedelta())

    @attrs.getter
    def first_listener(self) -> str | None:
        dated = sorted((one for one in self.store.listens.values() if one.at), key=lambda one: (one.at, one.doc_id))
        return dated[0].user if dated else None

    @attrs.getter
    def rating(self) -> str:
        ratings = self.store.track.ratings
        if not ratings:
            return "☆"
        return "★" * min(max(round(sum(ratings) / len(ratings)), 0), 5)
