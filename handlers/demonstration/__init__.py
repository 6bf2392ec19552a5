"""Years of a project-finance house, lived through the real engine on a clock that is moved. Law: nothing is written
past the processes: what the pages show of these years was asked, answered, decided and paid as people would have.

Everything follows from a seed. `years.live` goes from working day to working day: what is due fires, inquiries come
in (`cast`), the world outside answers (`outside`: clients, engineers, the bank), projects are built and draw (`works`),
and staff do their tasks (`staff`), most in time, some late. What they answer stands in `answers.json` and
`outside.json`; a text that begins with `=` is FEEL over what the task sees, `@day n` is a date so many days from then.
"""
