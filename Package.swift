// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A module of the platform: no system library, no connector.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Modules/\(name)",
        exclude: exclude,
        swiftSettings: swiftSettings
    )
}

/// A connector: implements seams of PipelineCore and knows nothing else of the platform.
func plugin(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: "\(name)Plugin",
        dependencies: ["PipelineCore", "BlockingIO"] + dependencies,
        path: "Plugins/\(name)/Sources",
        resources: resources,
        swiftSettings: swiftSettings
    )
}

/// The headers of a C library, wrapped by exactly one target.
func systemLibrary(_ name: String, in owner: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "\(owner)/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies,
        path: "Tests/\(name)Tests",
        exclude: exclude,
        swiftSettings: swiftSettings
    )
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqliteLibrary = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "millrace",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .executable(name: "millrace", targets: ["millrace"]),
        .library(name: "PipelineCore", targets: ["PipelineCore"]),
        .library(name: "ConnectorTesting", targets: ["ConnectorTesting"]),
        .library(name: "MillraceClient", targets: ["MillraceClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        module("PipelineCore"),
        module("BlockingIO", [system]),
        systemLibrary("CZlib", in: "Modules/Gzip", pkgConfig: "zlib", apt: "zlib1g-dev"),
        systemLibrary("CDeflate", in: "Modules/Gzip", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
        .target(
            name: "Gzip",
            dependencies: ["PipelineCore", "CZlib", "CDeflate"],
            path: "Modules/Gzip/Sources",
            swiftSettings: swiftSettings
        ),
        module("PipelineConfig", ["PipelineCore", .product(name: "Yams", package: "Yams")]),
        module("Lake", ["PipelineCore"]),
        systemLibrary("CLZ4", in: "Modules/WriteAheadLog", pkgConfig: "liblz4", apt: "liblz4-dev"),
        .target(
            name: "WriteAheadLog",
            dependencies: ["PipelineCore", "BlockingIO", "Gzip", "CLZ4"],
            path: "Modules/WriteAheadLog/Sources",
            swiftSettings: swiftSettings
        ),
        module("Ingestion", ["PipelineCore", crypto]),
        module("Processing", ["PipelineCore"], exclude: ["Clickstream/README.md"]),
        module("VisualizationExport", ["PipelineCore"]),
        module("Simulation", ["PipelineCore"]),
        module(
            "PipelineRuntime",
            ["PipelineCore", "Lake", "Ingestion", "Processing", "VisualizationExport", "PipelineConfig", grdb, logging]
        ),
        module("ConnectorTesting", ["PipelineCore", "BlockingIO"]),
        // Apps take this one alone; it must not need any other.
        module("MillraceClient", exclude: ["README.md"]),

        plugin("LocalFiles", [system]),
        plugin("DuckDB", [subprocess, system]),
        plugin("SQLite", [grdb, sqliteLibrary]),
        plugin("CSVExport", [system]),
        systemLibrary("CPCRE2", in: "Plugins/UserAgents", pkgConfig: "libpcre2-8", apt: "libpcre2-dev"),
        plugin("UserAgents", ["CPCRE2", .product(name: "Yams", package: "Yams")]),
        systemLibrary("CMaxMind", in: "Plugins/MaxMind", pkgConfig: "libmaxminddb", apt: "libmaxminddb-dev"),
        plugin("MaxMind", ["CMaxMind"]),
        .target(
            name: "CSimdJSON",
            path: "Plugins/HTTPCollector/CSimdJSON",
            publicHeadersPath: ".",
            linkerSettings: [.linkedLibrary("simdjson")]
        ),
        plugin(
            "HTTPCollector",
            [
                "CSimdJSON", "WriteAheadLog", hummingbirdCore, hummingbirdTLS, httpTypes, nio, nioHTTP1, nioHTTPTypes,
                nioHTTPTypesHTTP1, nioPosix, nioExtras, nioSSL, logging, system,
            ],
            resources: [.embedInCode("Web/millrace.js")]
        ),

        systemLibrary("CLibPQ", in: "Plugins/Postgres", pkgConfig: "libpq", apt: "libpq-dev"),
        plugin("Postgres", ["CLibPQ"]),

        .executableTarget(
            name: "millrace",
            dependencies: [
                "PipelineCore", "PipelineConfig", "PipelineRuntime", "Ingestion", "Processing", "VisualizationExport",
                "Lake", "Gzip", "Simulation",
                "LocalFilesPlugin", "HTTPCollectorPlugin", "DuckDBPlugin", "SQLitePlugin", "PostgresPlugin",
                "CSVExportPlugin",
                "UserAgentsPlugin", "MaxMindPlugin",
                arguments, logging,
            ],
            path: "Tools/millrace",
            swiftSettings: swiftSettings
        ),

        tests("PipelineCore", ["PipelineCore"]),
        tests(
            "WriteAheadLog",
            ["WriteAheadLog", "PipelineCore", "BlockingIO", "ConnectorTesting", "Lake", "Gzip", "LocalFilesPlugin"]
        ),
        tests("Gzip", ["Gzip", "PipelineCore"]),
        tests("PipelineConfig", ["PipelineConfig", "PipelineCore"]),
        tests("Lake", ["Lake", "PipelineCore", "LocalFilesPlugin", "ConnectorTesting"]),
        tests(
            "Ingestion",
            [
                "Ingestion", "PipelineCore", "Gzip", "Lake", "WriteAheadLog", "LocalFilesPlugin", "DuckDBPlugin",
                "ConnectorTesting",
            ]
        ),
        tests(
            "Processing",
            [
                "Processing", "PipelineCore", "DuckDBPlugin", "LocalFilesPlugin", "Lake", "ConnectorTesting",
                "UserAgentsPlugin", subprocess,
            ]
        ),
        tests("VisualizationExport", ["VisualizationExport", "PipelineCore", "ConnectorTesting"]),
        tests("Simulation", ["Simulation", "PipelineCore", "LocalFilesPlugin", "ConnectorTesting"]),
        tests(
            "PipelineRuntime",
            [
                "PipelineRuntime", "PipelineConfig", "PipelineCore", "ConnectorTesting", "Gzip", "LocalFilesPlugin",
                "DuckDBPlugin", "SQLitePlugin", "CSVExportPlugin", "UserAgentsPlugin", "MaxMindPlugin", "Simulation",
                "Processing", "Ingestion",
            ]
        ),
        tests("LocalFiles", ["LocalFilesPlugin", "PipelineCore", "ConnectorTesting"]),
        tests("DuckDB", ["DuckDBPlugin", "PipelineCore", "ConnectorTesting"]),
        tests("Postgres", ["PostgresPlugin", "PipelineCore", "ConnectorTesting", subprocess, system]),
        tests("SQLite", ["SQLitePlugin", "PipelineCore", "ConnectorTesting", grdb]),
        tests("CSVExport", ["CSVExportPlugin", "PipelineCore", "ConnectorTesting"]),
        tests("UserAgents", ["UserAgentsPlugin", "PipelineCore", .product(name: "Yams", package: "Yams")]),
        tests("MaxMind", ["MaxMindPlugin", "PipelineCore"]),
        tests(
            "HTTPCollector",
            [
                "HTTPCollectorPlugin", "PipelineCore", "ConnectorTesting", "Gzip", "Lake", "LocalFilesPlugin",
                "CollectorTesting", hummingbird, httpTypes, nio, nioPosix, nioSSL, logging,
            ],
            exclude: ["Scripts"]
        ),
        .target(
            name: "CollectorTesting",
            dependencies: [
                "HTTPCollectorPlugin", "PipelineCore", "ConnectorTesting", "Gzip", "Lake", "LocalFilesPlugin",
                hummingbird, httpTypes, nio, logging,
            ],
            path: "Tests/CollectorTesting",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "TrackingProgram",
            dependencies: ["MillraceClient"],
            path: "Tests/TrackingProgram",
            swiftSettings: swiftSettings
        ),
        tests("MillraceClient", ["MillraceClient", "TrackingProgram", "CollectorTesting", "ConnectorTesting"]),
        tests("Program", ["millrace", "PipelineCore", "ConnectorTesting", subprocess, system]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
