internal import Synchronization

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Who uses this installation.
struct Identity: Codable, Sendable, Equatable {
    var anonymousID = UUID().uuidString.lowercased()
    var userID: String?
}

/// The identity, kept from start to start.
final class IdentityFile: Sendable {
    private let path: String
    private let identity: Mutex<Identity>

    /// A new one is made where there is none, or a damaged one.
    init(_ path: String) throws(MillraceFailure) {
        self.path = path
        if let data = try? Data(contentsOf: URL(filePath: path)),
            let known = try? JSONDecoder().decode(Identity.self, from: data)
        {
            identity = Mutex(known)
        } else {
            let new = Identity()
            identity = Mutex(new)
            try write(new)
        }
    }

    var current: Identity { identity.withLock { $0 } }

    /// The change holds for this process even where it cannot be kept.
    func change(_ body: (inout Identity) -> Void) throws(MillraceFailure) {
        try identity.withLock { (identity) throws(MillraceFailure) in
            let old = identity
            body(&identity)
            if identity != old { try write(identity) }
        }
    }

    private func write(_ identity: Identity) throws(MillraceFailure) {
        do {
            try JSONEncoder().encode(identity).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw .unusable("the identity cannot be kept in \(path): \(error)")
        }
    }
}
