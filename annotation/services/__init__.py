"""The verbs of annotation, one family a file.

connecting  register a vendor's instance and make its project
routing     ask: open routes, route again
sending     push: carry pending routes to the vendor, exactly once
receiving   pull: take every change of every answer, versioned
deciding    settle a clip from its answers
withdrawal  take back: links at once, tasks by id
hearing     the audio link
polling     what to do when nobody has poked
circuit     one door to each instance, closed while it is away
leases      one writer and one reader a project
"""
