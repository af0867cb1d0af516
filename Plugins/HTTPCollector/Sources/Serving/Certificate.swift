internal import NIOSSL
internal import PipelineCore

/// Who the collector is by TLS: files in PEM form.
struct Certificate: Sendable, Hashable {
    /// The certificate, and behind it those that vouch for it.
    let chain: String
    /// Its private key.
    let key: String

    /// The same files, where paths are relative to the config's directory.
    func resolved(in context: ConnectorContext) -> Certificate {
        Certificate(chain: context.resolve(chain), key: context.resolve(key))
    }

    /// TLS 1.2 and later, without asking clients for certificates; reads the files.
    func configuration() throws(PipelineError) -> TLSConfiguration {
        let certificates: [NIOSSLCertificateSource]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(chain).map { .certificate($0) }
        } catch {
            throw problem(with: chain, "holds no certificate in PEM form", "tls.certificate", error)
        }
        do {
            let key = try NIOSSLPrivateKey(file: key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates,
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            _ = try NIOSSLContext(configuration: configuration)
            return configuration
        } catch {
            throw problem(with: key, "holds no private key in PEM form that belongs to \(chain)", "tls.key", error)
        }
    }

    private func problem(with file: String, _ what: String, _ setting: String, _ cause: any Error) -> PipelineError {
        PipelineError(
            .invalidConfiguration,
            "'\(file)' cannot be read, or \(what)",
            while: "starting the collector",
            hint: "set `\(setting)` to a file in PEM form that the user who runs millrace can read",
            cause: cause
        )
    }
}
