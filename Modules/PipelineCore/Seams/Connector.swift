/// What a plugin publishes: the name for `use:` and how a block of the config becomes a part of the pipeline.
///
/// Plugins add one static member per role: `extension Connector where Part == any Sink { public static var sqlite … }`.
public struct Connector<Part: Sendable>: Sendable {
    /// The value of `use:`; a lower-case noun named after the system.
    public let name: String
    /// One sentence for help and for the config's JSON Schema.
    public let summary: String
    /// Reads the plugin's own keys from the block and returns what builds the part.
    ///
    /// It does not call `finish()`, since shared keys follow. Building is pure: it opens nothing and connects to nothing,
    /// so that `millrace check` can always do it.
    public let configure: @Sendable (ConfigurationBlock) -> Build

    /// Builds the part once the whole config is known to be right.
    public typealias Build = @Sendable (ConnectorContext) throws -> Part

    /// A connector by its parts.
    public init(name: String, summary: String, configure: @escaping @Sendable (ConfigurationBlock) -> Build) {
        self.name = name
        self.summary = summary
        self.configure = configure
    }
}

/// What the runtime lends a connector.
public struct ConnectorContext: Sendable {
    /// The directory of the config file: what relative paths are relative to.
    public let baseDirectory: String
    /// The directory for caches and control data on this machine.
    public let stateDirectory: String
    /// What the runtime lends, as absolute paths.
    public init(baseDirectory: String, stateDirectory: String) {
        self.baseDirectory = baseDirectory
        self.stateDirectory = stateDirectory
    }

    /// The path as it stands if it is absolute, else below the config file's directory.
    public func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : baseDirectory + "/" + path
    }
}
