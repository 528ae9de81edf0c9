import Glibc

// Statements at the top level belong to the main actor, where no thread may call them; so this is
// the only one.
exit(Program.main())
