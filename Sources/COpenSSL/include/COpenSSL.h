#ifndef COPENSSL_H
#define COPENSSL_H

/// What of OpenSSL Swift cannot import: function-like macros, and a BIO of our own.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

/// Where an SSL object finds the bytes that came from the socket and leaves those that go there.
/// Both are the caller's memory, set for the time of one call: unlike a memory BIO, nothing grows
/// and nothing is copied a second time.
typedef struct {
  const uint8_t *input;
  size_t input_count;
  uint8_t *output;
  size_t output_count;
  size_t output_capacity;
} copenssl_wire;

/// A source and sink BIO over `wire`, which must outlive it; NULL without memory.
BIO *copenssl_wire_bio(copenssl_wire *wire);

/// TLS 1.3 only, AES-128-GCM first, no tickets, no sessions to take up again. 1, or 0.
int copenssl_context_restrict(SSL_CTX *context);

/// A listener's application protocols (ALPN, RFC 7301): `leftd/1`, and `leftd-pair/1` if
/// `is_pairing`. A client that offers only others is refused.
void copenssl_context_accept_protocols(SSL_CTX *context, int is_pairing);

/// A new P-256 key; NULL on failure.
EVP_PKEY *copenssl_generate_key(void);

#endif
