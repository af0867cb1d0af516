// swift-tools-version: 6.2
import PackageDescription

// A connector as somebody else would write it: it knows two products of Millrace and nothing else.
let package = Package(
    name: "external-connector",
    products: [.library(name: "JSONLinesConnector", targets: ["JSONLinesConnector"])],
    dependencies: [.package(name: "millrace", path: "../..")],
    targets: [
        .target(
            name: "JSONLinesConnector",
            dependencies: [.product(name: "PipelineCore", package: "millrace")],
            path: "Sources"
        ),
        .testTarget(
            name: "JSONLinesConnectorTests",
            dependencies: [
                "JSONLinesConnector",
                .product(name: "PipelineCore", package: "millrace"),
                .product(name: "ConnectorTesting", package: "millrace"),
            ],
            path: "Tests"
        ),
    ],
    swiftLanguageModes: [.v6]
)
