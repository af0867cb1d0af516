import Foundation
import PipelineCore

extension Connector where Part == any Sink {
    /// `use: jsonlines`: datasets as files with one JSON list a line, the columns' names in the first.
    public static var jsonLines: Connector {
        Connector(name: "jsonlines", summary: "A folder of files with one JSON list a line.") { block in
            let path = block.require("path", .text(example: "exports/json"), "The folder; made if it is missing.")
            return { context in JSONLinesSink(path: context.resolve(path)) }
        }
    }
}

/// Delivers datasets as files, and one file that says which of them count: replacing it publishes a delivery.
public struct JSONLinesSink: Sink {
    /// What readers follow: the last delivery, and the file of each dataset.
    struct Contents: Codable {
        var run: String?
        var files: [String: String] = [:]
    }

    let folder: Folder

    /// A sink over a folder; nothing is touched yet.
    public init(path: String) { folder = Folder(path: path) }

    /// Tells whether the folder, or the nearest one above it, can be written.
    public func probe() async throws { try folder.checkWritable() }

    /// The run that `contents.json` names.
    public func currentDelivery() async throws -> RunID? { try folder.contents().run.map(RunID.init(rawValue:)) }

    /// Begins a delivery; the folder is made with its first dataset.
    public func begin(_ header: DeliveryHeader) async throws -> any SinkDelivery {
        JSONLinesDelivery(folder: folder, run: header.run)
    }
}
