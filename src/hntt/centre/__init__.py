"""The centre's side of reimaging: enrolment of freshly installed PCs and the reports of every stage."""
