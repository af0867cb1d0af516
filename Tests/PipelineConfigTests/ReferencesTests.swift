import Foundation
import Testing

@testable import PipelineConfig

@Suite("References to the environment, files and credentials")
struct ReferencesTests {
    private let folder: Folder
    private let references: References

    init() throws {
        folder = try Folder()
        try folder.write("from file\n", to: "secret.txt")
        try folder.write("from systemd\r\n", to: "credentials/token")
        references = References(
            environment: ["NAME": "value", "EMPTY": "", "CREDENTIALS_DIRECTORY": "\(folder.path)/credentials"],
            baseDirectory: folder.path
        )
    }

    @Test("A reference may be all of a text, a part of it, or stand there more than once")
    func resolves() {
        let cases = [
            ("${NAME}", "value"), ("a${NAME}b${NAME}", "avaluebvalue"), ("${EMPTY}", ""),
            ("${file:\(folder.path)/secret.txt}", "from file"), ("${file:secret.txt}", "from file"),
            ("${credential:token}", "from systemd"),
        ]
        for (text, value) in cases {
            let resolved = references.resolve(text)
            #expect(resolved.text == value)
            #expect(resolved.isReference && resolved.problems.isEmpty)
        }
    }

    @Test("Text without references stays as it is", arguments: ["", "$", "{}", "$NAME", "a$b{c}", "}", "^x{2}$"])
    func plain(_ text: String) {
        let resolved = references.resolve(text)
        #expect(resolved.text == text && !resolved.isReference && resolved.problems.isEmpty)
    }

    @Test("A doubled dollar stands for a plain one before a brace")
    func escapes() {
        let resolved = references.resolve("$${NAME} ${NAME} $$")
        #expect(resolved.text == "${NAME} value $$")
        #expect(references.resolve("$${NAME}").isReference == false)
    }

    @Test("Only the last newline of a file is left out")
    func newline() throws {
        try folder.write("key\n\n", to: "secret.txt")
        #expect(references.resolve("${file:secret.txt}").text == "key\n")
    }

    @Test("What a value refers to is not looked up again")
    func noRecursion() {
        let references = References(environment: ["A": "${B}", "B": "x"], baseDirectory: "/")
        #expect(references.resolve("${A}").text == "${B}")
    }

    @Test("A missing one is named, whatever it refers to")
    func missing() throws {
        try folder.write([0xFF, 0x0A], to: "bytes")
        let cases = [
            ("${NOPE}", "the environment variable 'NOPE' is not set"),
            ("${file:/none}", "the file '/none' does not exist"),
            ("${file:\(folder.path)}", "the file '\(folder.path)' is a directory, not a file"),
            ("${file:bytes}", "the file '\(folder.path)/bytes' is not UTF-8 text"),
            ("${credential:none}", "the file '\(folder.path)/credentials/none' does not exist"),
            ("${credential:../secret.txt}", "'${credential:../secret.txt}' is no reference"),
            ("${credential:..}", "'${credential:..}' is no reference"),
            ("${NAME:-x}", "'${NAME:-x}' is no reference"), ("${}", "'${}' is no reference"),
            ("${1A}", "'${1A}' is no reference"), ("x${NAME", "a reference begins with '${' and has no '}'"),
        ]
        for (text, problem) in cases { #expect(references.resolve(text).problems.map(\.problem) == [problem]) }
    }

    @Test("Without systemd there are no credentials")
    func noCredentials() {
        let resolved = References(environment: [:], baseDirectory: "/").resolve("${credential:token}")
        #expect(
            resolved.problems.map(\.problem) == [
                "there is no credential 'token', since CREDENTIALS_DIRECTORY is not set"
            ]
        )
    }
}
