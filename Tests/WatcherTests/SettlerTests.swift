import SyncCore
import Testing

@testable import Watcher

@Suite struct SettlerTests {
  /// Events, and the sets that come of them. `SettlerScript` explains the words; `d/`, `d/e/` and
  /// `f/` are watched from the beginning.
  static let cases: [(title: String, script: String, sets: [String])] = [
    ("made, written, closed", "+a *a .a", ["+a"]),
    ("made and deleted is nothing", "+a *a .a -a", []),
    ("deleted", "-a", ["-a"]),
    ("deleted and made again", "-a +a .a", ["*a"]),
    ("attributes", "%a %d/", ["*a *d/"]),
    ("written and closed", "*a *a .a", ["*a"]),
    ("written and deleted", "*a .a -a", ["-a"]),
    ("a temporary file renamed over its target", "+t *t .t t>a", ["*a"]),
    ("a backup, and the file written anew", "a>a~ +a *a .a", ["a>a~ *a"]),
    ("a backup that is deleted in the end", "a>a~ +a *a .a -a~", ["*a -a~"]),
    ("a slow editor is waited for", "a>a~ @30 +a *a .a", ["a>a~ *a"]),
    ("a rename to another name is not", "a>b @30 +a .a", ["a>b", "+a"]),
    ("renamed", "a>b", ["a>b"]),
    ("renamed and written", "a>b *b .b", ["a>b *b"]),
    ("written and renamed", "*a .a a>b", ["a>b *b"]),
    ("renamed twice: the name in between may have been taken", "a>b b>c", ["a>c -b"]),
    ("renamed twice over a name known to be free", "+b -b a>b b>c", ["a>c -b"]),
    ("renamed to a directory and on", "a>d/a d/a>f/a", ["a>f/a -d/a"]),
    ("made, renamed", "+a .a a>b", ["*b"]),
    ("made, and both names taken anew", "+b +a .a b>c a>b", ["*c *b"]),
    ("renamed and deleted", "a>b -b", ["-a -b"]),
    ("swapped through a third name", "a>t b>a t>b", ["a>b *a -t"]),
    ("exchanged, or there and back", "a>b b>a", ["*a *b"]),
    ("moved out of the tree", "a>", ["-a"]),
    ("moved in", ">a", ["+a"]),
    ("moved out and back", "a> @5 >a", ["-a", "+a"]),
    ("out and back at once", "a> >a", ["*a"]),
    ("made, then exchanged with one outside", "+a *a .a >a a>", ["-a"]),
    ("made, then replaced from outside", "+a *a .a >a", ["+a"]),
    ("written, then moved out", "*a .a a>", ["-a"]),
    ("a directory made", "+n/", ["+n/"]),
    ("a directory made with what is in it", "+n/ +n/a .n/a +n/m/ +n/m/b .n/m/b", ["+n/"]),
    ("made and deleted with what was in it", "+n/ +n/a .n/a -n/a -n/", []),
    ("a directory moved in with changes at once", ">n/ +n/a .n/a -n/b", ["+n/"]),
    ("a file moved out of a directory that is new", ">n/ n/a>b", ["+n/ *b"]),
    ("a new directory renamed", "+n/ +n/a .n/a n/>m/", ["+m/"]),
    ("a directory renamed", "d/>g/", ["d/>g/"]),
    ("a directory renamed twice", "d/>g/ g/>h/", ["d/>h/"]),
    ("changes below a directory that is renamed after", "*d/a .d/a d/>g/", ["d/>g/ *g/a"]),
    ("changes below a directory that was renamed before", "d/>g/ *g/e/a .g/e/a", ["d/>g/ *g/e/a"]),
    ("a file renamed below a directory that is renamed", "d/a>d/b d/>g/", ["d/>g/ g/a>g/b"]),
    ("a directory moved into one that is new", "+n/ d/>n/d/", ["+n/ d/>n/d/"]),
    ("a file moved into a directory that is new", "+n/ a>n/a", ["+n/ a>n/a"]),
    ("a change below a rename that has to wait", "d/>g/ +d *d *g/a .g/a", ["d/>g/ +d *g/a"]),
    ("directories swapped", "d/>t/ f/>d/ t/>f/", ["?d ?f ?f ?d"]),
    ("directories turned inside out", "d/e/>e/ d/>e/d/", ["?d ?e/d ?e/d/e ?e"]),
    ("a directory moved over an empty one", "f/>d/", ["-d/ f/>d/"]),
    ("a file exchanged with a directory", "a>d d/>a/", ["-a +a/ -d/ +d"]),
    ("a directory arrives where one leaves the tree", ">d/ d/>", ["?d -d/"]),
    ("a directory from outside exchanged with a file", ">a/ a>", ["?a"]),
    ("directories exchanged, told late", "f/>d/ d/> @5 >f/", ["-f/", "?d -d/", "+f/"]),
    ("directories exchanged", "d/>f/ f/>d/", ["-d/ +d/ -f/ +f/"]),
    ("a directory emptied and deleted", "-d/a -d/e/ -d/b -d/", ["-d/"]),
    ("deleted and made again as a directory", "-d/e/ -d/ +d/", ["-d/ +d/"]),
    ("a file replaced by a directory", "-a +a/", ["-a +a/"]),
    ("a directory replaced by a file", "-d/e/ -d/ +d .d", ["-d/ +d"]),
    ("contents moved out of a directory that is deleted", "d/a>a -d/e/ -d/", ["d/a>a -d/"]),
    ("the same, and the directory made again", "d/a>a -d/e/ -d/ +d/", ["d/a>a -d/ +d/"]),
    ("a directory with pending changes moves out", "*d/a .d/a d/>", ["-d/"]),
    ("two bursts are two sets", "+a .a @10 +b .b", ["+a", "+b"]),
    ("one burst is one set", "+a .a @2 +b .b @2 -c", ["+a +b -c"]),
    ("an open file leaves its set", "!a +a *a +b .b @100 =a .a", ["+b", "+a"]),
    ("a second writer is waited for", "!a +a *a .a @100 =a .a", ["+a"]),
    ("renamed while written", "!a *a !b a>b @100 =b .b", ["a>b", "*b"]),
    ("a link or symlink needs no close", "+a", ["+a"]),
    ("written in a place just told as new", "!n/a +n/ +n/a @20 *n/a =n/a .n/a", ["+n/", "*n/a"]),
    (
      "a download in a new directory", "!n/t +n/ +n/t @20 *n/t =n/t .n/t n/t>n/a",
      ["+n/", "n/t>n/a *n/a"]
    ),
    ("two files to one name", "a>c b>c", ["b>c -a"]),
  ]

  @Test(arguments: cases.indices) func netEffect(_ index: Int) {
    let (title, script, sets) = Self.cases[index]
    let told = SettlerScript.changes(script, directories: ["d", "d/e", "f"])
    #expect(told == sets, "\(title)")
  }

  /// Whoever scans looks at any moment, and may have found what has cancelled out since.
  @Test(arguments: [
    ("+a *a .a -a", ["a"]), ("+n/ -n/", ["n"]), ("+a .a a>b", ["a"]), ("a>b b>c c>a", ["a"]),
    ("d/e/> @1 >d/e/", []), ("*a .a", []), ("+d/t .d/t -d/t d/>g/", ["g/t"]), ("-a", []),
  ]) func whatCancelsOutIsPassedOn(_ script: String, _ passed: [String]) {
    #expect(SettlerScript.passed(script) == passed)
  }

  /// Exchanged with one outside, or within the tree with events between whose halves time passed.
  @Test(arguments: [">d/ d/>", "f/>d/ d/> @5 >f/"])
  func aDirectoryThatMayHaveBeenExchangedIsWatched(_ script: String) throws {
    var run = SettlerScript(directories: ["d", "d/e", "f"])
    run.play(script)
    run.finish()
    let directory = try #require(
      run.settler.table.child(Slot(directory: .root, name: Name(literal: "d"))))
    #expect(run.works.contains(.arm(directory)))
    #expect(run.settler.table.isWatched(directory))
  }

  /// No kernel says so; but a watch can be on another directory than was thought.
  @Test func aDirectoryMovedIntoItselfMakesEverythingAnew() throws {
    var run = SettlerScript(directories: ["d", "d/e"])
    let top = Slot(directory: .root, name: Name(literal: "d"))
    let inner = try #require(run.settler.table.child(top))
    let innermost = try #require(
      run.settler.table.child(Slot(directory: inner, name: Name(literal: "e"))))
    let watch = try #require(run.watch(of: innermost))
    let from: RawEvent.Mask = [.movedFrom, .isDirectory]
    let to: RawEvent.Mask = [.movedTo, .isDirectory]
    run.take(RawEvent(watch: 1, mask: from, cookie: 9, name: top.name))
    run.take(RawEvent(watch: watch, mask: to, cookie: 9, name: top.name))
    run.rearm()
    run.finish()
    #expect(run.sets.flatMap(\.changes) == [.rescan(.root)])
  }

  @Test func aFlushWaitsForWhatCancelsOut() {
    var run = SettlerScript()
    run.play("+a *a .a -a")
    run.mark(1)
    run.settle()
    #expect(run.flushed.isEmpty)
    run.finish()
    #expect(run.passed == ["a"])
    #expect(run.flushed.map(\.token) == [1])
  }
}
