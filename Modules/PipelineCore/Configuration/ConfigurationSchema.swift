/// The shape of a config value, as JSON Schema (draft 2020-12) can say it.
///
/// Every scalar may also be written as a reference such as `${NAME}`; that is not said again in each case.
public indirect enum ConfigurationSchema: Sendable {
    /// Text that is not empty: with a pattern (an ECMA 262 regular expression) text that matches it, without one any
    /// scalar, since YAML takes `2024` and `1.10` for numbers where a person means text.
    case string(pattern: String?)
    /// A whole number.
    case integer(minimum: Int?, maximum: Int?)
    /// Any number.
    case number
    /// `true` or `false`.
    case boolean
    /// One of a few words.
    case choice([String])
    /// Values in order.
    case list(ConfigurationSchema)
    /// Keys of the user's choice, which match the pattern if there is one.
    case map(ConfigurationSchema, keyPattern: String? = nil)
    /// Fixed keys.
    case object([ConfigurationBlock.Declaration])
    /// Fixed keys that depend on the word at `key`.
    case variants(key: String, [Variant])
    /// Any one of these.
    case either([ConfigurationSchema])
    /// A shape and a sentence on its meaning.
    case described(ConfigurationSchema, String)

    /// What an object looks like that has one certain word at its distinguishing key.
    public struct Variant: Sendable {
        /// The word.
        public let name: String
        /// One sentence on what it stands for.
        public let summary: String
        /// All keys, the distinguishing one included.
        public let declarations: [ConfigurationBlock.Declaration]

        /// A variant with its keys.
        public init(name: String, summary: String, declarations: [ConfigurationBlock.Declaration]) {
            self.name = name
            self.summary = summary
            self.declarations = declarations
        }
    }

    /// The same shape with a sentence on its meaning.
    public func described(_ meaning: String) -> ConfigurationSchema {
        meaning.isEmpty ? self : .described(self, meaning)
    }
}
