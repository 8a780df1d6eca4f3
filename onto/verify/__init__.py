"""`onto verify`: what views hold by their Python, against what their Flink job holds, on generated data.

    cases     random stores and histories of changes, drawn by hypothesis
    sides     an app in process, and its compiled plan evaluated in process: the fast oracle
    running   an app as a job on a real Flink
    search    runs all cases side by side in one job and shrinks what differs
    pasted    the difference, as a test that one can paste

Like the command line it sees all three packages, and nothing but the command line and `onto.testing` sees it.
"""
