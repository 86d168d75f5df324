// Philox4x32-10: ten rounds of two multiplications turn a counter into four random words. No state
// is carried from one group of words to the next, so that any part of a stream can be made by any
// task, and groups fill the lanes of a vector.

/// Words 0 ... 3 of groups group ..< group + LANES.
INLINE void philox(const uint32_t key[4], uint64_t group, vuint words[4]) {
  vuint c0 = (vuint)int_lane_index() + (uint32_t)group;
  // A carry into the upper word, in the lanes where the lower one went round.
  vuint c1 = (vuint)(uint32_t)(group >> 32) - (vuint)(c0 < (uint32_t)group);
  vuint c2 = (vuint)key[2], c3 = (vuint)key[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    vulong2 p0 = __builtin_convertvector(c0, vulong2) * (uint64_t)0xD2511F53u;
    vulong2 p1 = __builtin_convertvector(c2, vulong2) * (uint64_t)0xCD9E8D57u;
    vuint high0 = __builtin_convertvector(p0 >> 32, vuint);
    vuint high1 = __builtin_convertvector(p1 >> 32, vuint);
    c0 = high1 ^ c1 ^ k0;
    c1 = __builtin_convertvector(p1, vuint);
    c2 = high0 ^ c3 ^ k1;
    c3 = __builtin_convertvector(p0, vuint);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

/// A multiple of 2^-24 in [0, 1).
INLINE vfloat uniform_floats(vuint word) {
  return __builtin_convertvector((vint)(word >> 8), vfloat) * 0x1p-24f;
}
INLINE double uniform_double(uint32_t high, uint32_t low) {
  return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

/// Box-Muller: two independent uniform numbers in (0, 1] and [0, 1) give two independent normals.
INLINE void normal_floats(vuint first, vuint second, vfloat *a, vfloat *b) {
  vfloat u = uniform_floats(first) + 0x1p-24f;
  vfloat angle = uniform_floats(second) * 6.28318531f;
  vfloat radius = __builtin_elementwise_sqrt(-2.0f * vector_log(u));
  *a = radius * vector_sine(angle, 1);
  *b = radius * vector_sine(angle, 0);
}

/// a0 b0 a1 b1 ... in two vectors.
INLINE void interleave(vuint a, vuint b, vuint *low, vuint *high) {
#define FIRST(s, l, n) ((l) % 2 * (n) + (l) / 2)
#define SECOND(s, l, n) ((l) % 2 * (n) + (n) / 2 + (l) / 2)
#if VECTOR_BYTES == 64
  *low = __builtin_shufflevector(a, b, LANES_16(FIRST, 0));
  *high = __builtin_shufflevector(a, b, LANES_16(SECOND, 0));
#elif VECTOR_BYTES == 32
  *low = __builtin_shufflevector(a, b, LANES_8(FIRST, 0));
  *high = __builtin_shufflevector(a, b, LANES_8(SECOND, 0));
#else
  *low = __builtin_shufflevector(a, b, LANES_4(FIRST, 0));
  *high = __builtin_shufflevector(a, b, LANES_4(SECOND, 0));
#endif
#undef FIRST
#undef SECOND
}

static void run_random(const descent_instruction *instruction, int64_t task,
                       void *const *buffers, descent_worker *worker) {
  (void)worker;
  const descent_random *random = instruction->parameters;
  uint32_t key[4];
  memcpy(key, descent_address(&random->key, buffers), sizeof key);
  bool wide = random->output.dtype == DESCENT_FLOAT64;
  int64_t per_group = wide ? 2 : 4, size = wide ? 8 : 4;
  char *output = descent_address(&random->output, buffers);
  descent_range range = descent_cut(random->count, instruction->tasks, task, 64);

  for (int64_t first = 0; first < range.count; first += LANES * per_group) {
    vuint words[4];
    philox(key, (uint64_t)((range.first + first) / per_group), words);
    union {
      float floats[LANES * 4];
      double doubles[LANES * 2];
      uint32_t bits[LANES * 4];
    } made;
    if (wide) {
      for (int lane = 0; lane < LANES; lane++) {
        double u = uniform_double(words[0][lane], words[1][lane]);
        double v = uniform_double(words[2][lane], words[3][lane]);
        if (random->distribution == DESCENT_RANDOM_NORMAL) {
          double radius = sqrt(-2 * log(u + 0x1p-53)), angle = v * 6.283185307179586477;
          u = radius * cos(angle);
          v = radius * sin(angle);
        }
        made.doubles[2 * lane] = u;
        made.doubles[2 * lane + 1] = v;
      }
    } else {
      // The words of a group lie in four vectors; in memory they are neighbours.
      if (random->distribution == DESCENT_RANDOM_NORMAL) {
        vfloat a[4];
        normal_floats(words[0], words[1], &a[0], &a[1]);
        normal_floats(words[2], words[3], &a[2], &a[3]);
        memcpy(words, a, sizeof words);
      } else if (random->distribution == DESCENT_RANDOM_UNIFORM) {
        for (int w = 0; w < 4; w++) words[w] = (vuint)uniform_floats(words[w]);
      }
      vuint pairs[4];
      interleave(words[0], words[2], &pairs[0], &pairs[1]);
      interleave(words[1], words[3], &pairs[2], &pairs[3]);
      interleave(pairs[0], pairs[2], &words[0], &words[1]);
      interleave(pairs[1], pairs[3], &words[2], &words[3]);
      memcpy(made.bits, words, sizeof words);
    }
    int64_t n = descent_minimum(LANES * per_group, range.count - first);
    memcpy(output + (range.first + first) * size, &made, (size_t)(n * size));
  }
}
