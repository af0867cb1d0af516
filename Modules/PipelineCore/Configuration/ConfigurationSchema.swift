/// The shape of a config value, as JSON Schema (draft 2020-12) can say it.
public indirect enum ConfigurationSchema: Sendable {
    case string(pattern: String?)
    case integer(minimum: Int?, maximum: Int?)
    case number
    case boolean
    case choice([String])
    case list(ConfigurationSchema)
    /// Keys of the user's choice.
    case map(ConfigurationSchema)
    /// Fixed keys.
    case object([ConfigurationBlock.Declaration])
    /// Any one of these.
    case either([ConfigurationSchema])
    case described(ConfigurationSchema, String)

    /// The same shape with a sentence on its meaning.
    public func described(_ meaning: String) -> ConfigurationSchema {
        meaning.isEmpty ? self : .described(self, meaning)
    }
}
