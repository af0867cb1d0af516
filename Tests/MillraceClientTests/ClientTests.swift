import Testing
@testable import MillraceClient
