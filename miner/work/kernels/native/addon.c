// The kernels for Node, by Node-API. It needs no library but the compiler's own, so that one file runs with any libc. Built by scripts/make/native.ts.

#include <stdbool.h>
#include <stddef.h>
#define NAPI_VERSION 8
#include <node_api.h>
#include "kernels.h"

static napi_value refuse(napi_env env, const char *why) {
  napi_throw_type_error(env, NULL, why);
  return NULL;
}

#define MESSAGE_BYTES 200

// search(kernel: number, message: Uint8Array, start: bigint, count: number, target: bigint): number. `message` is the padded block whose counter is zero and
// the rest of the state; `kernel` is a place in `kernels`.
static napi_value search(napi_env env, napi_callback_info info) {
  napi_value given[5], found;
  size_t argc = 5, length;
  uint32_t kernel, count;
  uint64_t start, target;
  napi_typedarray_type type;
  uint8_t *bytes;
  bool whole_start, whole_target;
  if (napi_get_cb_info(env, info, &argc, given, NULL, NULL) != napi_ok || argc != 5 ||
      napi_get_value_uint32(env, given[0], &kernel) != napi_ok ||
      napi_get_typedarray_info(env, given[1], &type, &length, (void **)&bytes, NULL, NULL) != napi_ok ||
      napi_get_value_bigint_uint64(env, given[2], &start, &whole_start) != napi_ok ||
      napi_get_value_uint32(env, given[3], &count) != napi_ok ||
      napi_get_value_bigint_uint64(env, given[4], &target, &whole_target) != napi_ok || !whole_start || !whole_target)
    return refuse(env, "expected (kernel: number, message: Uint8Array, start: bigint, count: number, target: bigint)");
  if (count > INT32_MAX) return refuse(env, "expected a count below 2^31");
  if (type != napi_uint8_array || length != MESSAGE_BYTES) return refuse(env, "expected a message of 200 bytes");
  Kernel kernels[MOST_KERNELS];
  if (kernel >= kernels_here(kernels)) return refuse(env, "expected a kernel that this processor can run");

  union {
    uint8_t bytes[MESSAGE_BYTES];
    uint64_t lanes[25];
  } message;
  for (int i = 0; i < MESSAGE_BYTES; i++) message.bytes[i] = bytes[i];
  uint64_t first[25];
  prepare(message.lanes, first);
  if (napi_create_uint32(env, kernels[kernel].search(first, start, count, target), &found) != napi_ok) return NULL;
  return found;
}

NAPI_MODULE_INIT() {
  Kernel kernels[MOST_KERNELS];
  const uint32_t count = kernels_here(kernels);
  napi_value names, function;
  if (napi_create_array_with_length(env, count, &names) != napi_ok) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    napi_value name;
    if (napi_create_string_utf8(env, kernels[i].name, NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_set_element(env, names, i, name) != napi_ok)
      return NULL;
  }
  if (napi_create_function(env, "search", NAPI_AUTO_LENGTH, search, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "kernels", names) != napi_ok ||
      napi_set_named_property(env, exports, "search", function) != napi_ok)
    return NULL;
  return exports;
}
