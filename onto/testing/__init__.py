"""For the tests of apps: that a view's Flink job holds what its Python says, on documents that a test gives.

    def test_a_closed_room_has_nobody(assert_view_equals_flink):
        assert_view_equals_flink(MeetingSession, [User.new(doc_id="u1"), Meeting.new(doc_id="m1", users=["u1"])])

`plugin` has the fixtures, which pytest finds by itself; `checks` is what they do.
"""
