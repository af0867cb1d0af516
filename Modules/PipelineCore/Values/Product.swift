/// What the program calls itself, to people and in what it writes.
public enum Product {
    /// The version, by Semantic Versioning.
    public static let version = "0.1.0"
}
