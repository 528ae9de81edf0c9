#include "COpenSSL.h"

#include <openssl/ec.h>
#include <pthread.h>
#include <string.h>

static int wire_read(BIO *bio, char *bytes, int count) {
  copenssl_wire *wire = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (count <= 0) return 0;
  if (wire->input_count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t taken = (size_t)count < wire->input_count ? (size_t)count : wire->input_count;
  memcpy(bytes, wire->input, taken);
  wire->input += taken;
  wire->input_count -= taken;
  return (int)taken;
}

static int wire_write(BIO *bio, const char *bytes, int count) {
  copenssl_wire *wire = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (count <= 0) return 0;
  size_t room = wire->output_capacity - wire->output_count;
  if (room == 0) {
    BIO_set_retry_write(bio);
    return -1;
  }
  size_t taken = (size_t)count < room ? (size_t)count : room;
  memcpy(wire->output + wire->output_count, bytes, taken);
  wire->output_count += taken;
  return (int)taken;
}

static long wire_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static pthread_once_t wire_method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *wire_method;

static void make_wire_method(void) {
  wire_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "leftd wire");
  if (wire_method == NULL) return;
  BIO_meth_set_read(wire_method, wire_read);
  BIO_meth_set_write(wire_method, wire_write);
  BIO_meth_set_ctrl(wire_method, wire_control);
}

BIO *copenssl_wire_bio(copenssl_wire *wire) {
  pthread_once(&wire_method_once, make_wire_method);
  if (wire_method == NULL) return NULL;
  BIO *bio = BIO_new(wire_method);
  if (bio == NULL) return NULL;
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  return bio;
}

int copenssl_context_restrict(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // The caller writes from Swift arrays, which may have moved when a write is taken up again.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A self-signed P-256 certificate has about 400 bytes; a stranger need not send more than this.
  SSL_CTX_set_max_cert_list(context, 8 * 1024);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(
             context,
             "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1;
}

static const unsigned char sync_only[] = "\x07leftd/1";
static const unsigned char sync_and_pairing[] = "\x07leftd/1\x0cleftd-pair/1";

static int select_protocol(
    SSL *ssl, const unsigned char **selected, unsigned char *selected_count,
    const unsigned char *offered, unsigned int offered_count, void *accepted) {
  (void)ssl;
  unsigned char *choice = NULL;
  const char *list = accepted;
  if (SSL_select_next_proto(
          &choice, selected_count, accepted, (unsigned int)strlen(list), offered,
          offered_count) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *selected = choice;
  return SSL_TLSEXT_ERR_OK;
}

void copenssl_context_accept_protocols(SSL_CTX *context, int is_pairing) {
  SSL_CTX_set_alpn_select_cb(
      context, select_protocol, (void *)(is_pairing ? sync_and_pairing : sync_only));
}

EVP_PKEY *copenssl_generate_key(void) { return EVP_EC_gen("P-256"); }
