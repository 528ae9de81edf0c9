import COpenSSL
import SyncCore

/// A key and the certificate that carries it, made with OpenSSL. Nothing in the certificate is
/// believed but its key, so names and dates are the same everywhere.
enum Certificate {
  /// A new P-256 key and its certificate, both PEM, one after the other; `nil` if OpenSSL fails.
  static func makePEM() -> [UInt8]? {
    guard let key = unsafe copenssl_generate_key() else { return nil }
    defer { unsafe EVP_PKEY_free(key) }
    guard let certificate = unsafe selfSigned(by: key) else { return nil }
    defer { unsafe X509_free(certificate) }
    guard let file = unsafe BIO_new(BIO_s_mem()) else { return nil }
    defer { unsafe BIO_free(file) }
    guard unsafe PEM_write_bio_PrivateKey(file, key, nil, nil, 0, nil, nil) == 1,
      unsafe PEM_write_bio_X509(file, certificate) == 1
    else { return nil }
    let count = unsafe BIO_ctrl_pending(file)
    var pem = [UInt8](repeating: 0, count: count)
    guard unsafe BIO_read(file, &pem, Int32(count)) == Int32(count) else { return nil }
    return pem
  }

  /// Reads what `makePEM` wrote; `nil` if a part is missing, broken or does not fit the other.
  static func parse(pem: [UInt8]) -> (key: [UInt8], certificate: [UInt8], id: NodeID)? {
    unsafe pem.withUnsafeBytes { bytes in
      guard let file = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
        return nil
      }
      defer { unsafe BIO_free(file) }
      // No password is ever asked for: an encrypted key is refused.
      guard let key = unsafe PEM_read_bio_PrivateKey(file, nil, { _, _, _, _ in 0 }, nil) else {
        return nil
      }
      defer { unsafe EVP_PKEY_free(key) }
      guard let certificate = unsafe PEM_read_bio_X509(file, nil, nil, nil) else { return nil }
      defer { unsafe X509_free(certificate) }
      guard unsafe X509_check_private_key(certificate, key) == 1,
        let id = unsafe nodeID(of: certificate)
      else { return nil }
      let keyDER = unsafe encode { unsafe i2d_PrivateKey(key, $0) }
      let certificateDER = unsafe encode { unsafe i2d_X509(certificate, $0) }
      guard let keyDER, let certificateDER else { return nil }
      return (keyDER, certificateDER, id)
    }
  }

  /// SHA-256 of the certificate's SubjectPublicKeyInfo in DER.
  static func nodeID(of certificate: OpaquePointer) -> NodeID? {
    guard let publicKey = unsafe X509_get_X509_PUBKEY(certificate),
      let encoded = unsafe encode({ unsafe i2d_X509_PUBKEY(publicKey, $0) })
    else { return nil }
    var digest = [UInt8](repeating: 0, count: NodeID.byteCount)
    guard unsafe EVP_Digest(encoded, encoded.count, &digest, nil, EVP_sha256(), nil) == 1 else {
      return nil
    }
    return NodeID(bytes: digest)
  }

  /// A certificate for `key`, valid for a thousand years.
  private static func selfSigned(by key: OpaquePointer) -> OpaquePointer? {
    guard let certificate = unsafe X509_new() else { return nil }
    let serial = unsafe ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1)
    let isFilled =
      unsafe serial == 1
      && X509_set_version(certificate, 2) == 1
      && ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20200101000000Z") == 1
      && ASN1_TIME_set_string(X509_getm_notAfter(certificate), "30200101000000Z") == 1
      && X509_set_pubkey(certificate, key) == 1
    let name = unsafe X509_get_subject_name(certificate)
    guard isFilled,
      unsafe X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, "leftd", -1, -1, 0) == 1,
      unsafe X509_set_issuer_name(certificate, name) == 1,
      unsafe X509_sign(certificate, key, EVP_sha256()) > 0
    else {
      unsafe X509_free(certificate)
      return nil
    }
    return unsafe certificate
  }

  /// Calls one of OpenSSL's `i2d` functions twice: for the length, and for the bytes.
  private static func encode(
    _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
  ) -> [UInt8]? {
    let count = write(nil)
    guard count > 0 else { return nil }
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initializedCount in
      var position = buffer.baseAddress
      initializedCount = unsafe Int(max(0, write(&position)))
    }
  }
}
