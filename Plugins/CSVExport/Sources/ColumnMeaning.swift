internal import PipelineCore

/// What a column is about, as far as its name and type tell; decides on the roles that BI tools know.
enum ColumnMeaning {
    case country, city, share, seconds, average, number, other

    init(name: String, type: DataType) {
        self =
            switch type {
            case .varchar where name == "country": .country
            case .varchar where name == "city": .city
            case .double where name.contains("rate") || name == "stickiness": .share
            case .double where name.hasPrefix("avg_") || name.hasPrefix("median_"): .average
            case .double where name.hasSuffix("_seconds"), .bigint where name.hasSuffix("_seconds"): .seconds
            case .integer, .bigint, .double, .decimal: .number
            default: .other
            }
    }
}
