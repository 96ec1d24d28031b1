"""The only door to Label Studio: its HTTP API, spoken with httpx and nothing else.

The vendor's SDK repeats a POST up to three times after a 502, and one lost reply then makes three
tasks; it also costs 540 MB. The dozen calls that this platform needs are written here instead, each
sent exactly once, and the tests compare them with a real server.

    errors    what can go wrong, in four classes
    transport one authenticated request: tokens, refresh, time limits
    client    the calls: projects, tasks, webhooks
    records   what the server answers, parsed from untrusted JSON
    people    an annotator's account, through the invite
    configs   the versioned labelling configurations
"""
