"""`openpartner demo`: a whole partner program, played over HTTP as its people would."""
