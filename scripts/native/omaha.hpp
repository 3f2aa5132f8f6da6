// C++ twin of src/poker/evaluator: the same two tables and the same look-ups, for side-by-side benchmarks and for the
// offline enumeration of scripts/write-hand-order.cpp.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace omaha {

constexpr int kPairs = 91, kThrees = 455, kFours = 1820, kFives = 6188, kFlushMasks = 2288;

inline int numberOf(std::vector<int> ranks) {
  std::sort(ranks.begin(), ranks.end());
  long number = 0;
  for (int i = 0; i < static_cast<int>(ranks.size()); i++) {
    long product = 1, factorial = 1;
    for (int k = 0; k <= i; k++) product *= ranks[i] + i - k, factorial *= k + 1;
    number += product / factorial;
  }
  return static_cast<int>(number);
}

class Tables {
 public:
  std::vector<uint16_t> offsuit = std::vector<uint16_t>(kFives * kPairs);
  std::vector<uint16_t> flush = std::vector<uint16_t>(kFlushMasks * kPairs);
  std::vector<uint32_t> flushRow = std::vector<uint32_t>(1 << 13);
  std::vector<uint8_t> pair = std::vector<uint8_t>(256);
  std::vector<uint16_t> joinPairs = std::vector<uint16_t>(kPairs * kPairs);
  std::vector<uint16_t> addFifth = std::vector<uint16_t>(kFours * 13);

  Tables() {
    buildFives();
    buildStates();
    buildOffsuit();
    buildFlush();
  }

 private:
  std::vector<uint16_t> five_ = std::vector<uint16_t>(kFives);
  std::vector<uint16_t> suited_ = std::vector<uint16_t>(1 << 13);

  template <typename Visit>
  static void multisets(int size, Visit visit) {
    std::vector<int> ranks(size, 0);
    auto fill = [&](auto&& self, int slot, int highest) -> void {
      if (slot < 0) return visit(ranks);
      for (int rank = 0; rank <= highest; rank++) ranks[slot] = rank, self(self, slot - 1, rank);
    };
    fill(fill, size - 1, 12);
  }

  // Category and deciding ranks as one number; -1 for five of a rank.
  static long order(const std::vector<int>& ranks, bool suited) {
    std::map<int, int> counts;
    int mask = 0;
    for (int rank : ranks) counts[rank]++, mask |= 1 << rank;
    std::vector<std::pair<int, int>> groups;
    for (auto [rank, count] : counts) groups.push_back({count, rank});
    std::sort(groups.rbegin(), groups.rend());
    if (groups[0].first == 5) return -1;
    int straight = mask == 0x100f ? 3 : -1;
    for (int top = 4; top < 13; top++)
      if (mask == 0x1f << (top - 4)) straight = top;
    int category = 0;
    if (groups.size() == 5) category = suited ? (straight >= 0 ? 8 : 5) : (straight >= 0 ? 4 : 0);
    else if (groups.size() == 4) category = 1;
    else if (groups.size() == 3) category = groups[0].first == 2 ? 2 : 3;
    else category = groups[0].first == 3 ? 6 : 7;
    long value = category;
    if (straight >= 0) return (value * 16 + straight) << 16;
    for (int i = 0; i < 5; i++) value = value * 16 + (i < static_cast<int>(groups.size()) ? groups[i].second : 0);
    return value;
  }

  void buildFives() {
    std::map<long, uint16_t> values;
    multisets(5, [&](const std::vector<int>& ranks) {
      values[order(ranks, false)];
      bool distinct = true;
      for (int i = 1; i < 5; i++) distinct &= ranks[i] != ranks[i - 1];
      if (distinct) values[order(ranks, true)];
    });
    values.erase(-1);
    uint16_t next = 0;
    for (auto& [key, value] : values) value = ++next;
    multisets(5, [&](const std::vector<int>& ranks) {
      long key = order(ranks, false);
      five_[numberOf(ranks)] = key < 0 ? 0 : values[key];
      int mask = 0;
      for (int rank : ranks) mask |= 1 << rank;
      if (__builtin_popcount(mask) == 5) suited_[mask] = values[order(ranks, true)];
    });
  }

  void buildStates() {
    multisets(2, [&](const std::vector<int>& r) {
      pair[r[0] * 16 + r[1]] = pair[r[1] * 16 + r[0]] = numberOf(r);
      multisets(2, [&](const std::vector<int>& q) {
        joinPairs[numberOf(r) * kPairs + numberOf(q)] = numberOf({r[0], r[1], q[0], q[1]});
      });
    });
    multisets(4, [&](const std::vector<int>& r) {
      for (int rank = 0; rank < 13; rank++) addFifth[numberOf(r) * 13 + rank] = numberOf({r[0], r[1], r[2], r[3], rank});
    });
  }

  void buildOffsuit() {
    std::vector<uint16_t> ofThree(kThrees * kPairs);
    multisets(3, [&](const std::vector<int>& b) {
      multisets(2, [&](const std::vector<int>& h) {
        ofThree[numberOf(b) * kPairs + numberOf(h)] = five_[numberOf({b[0], b[1], b[2], h[0], h[1]})];
      });
    });
    multisets(5, [&](const std::vector<int>& b) {
      uint16_t* row = &offsuit[numberOf(b) * kPairs];
      for (int i = 0; i < 3; i++)
        for (int j = i + 1; j < 4; j++)
          for (int k = j + 1; k < 5; k++) {
            const uint16_t* three = &ofThree[numberOf({b[i], b[j], b[k]}) * kPairs];
            for (int p = 0; p < kPairs; p++) row[p] = std::max(row[p], three[p]);
          }
    });
  }

  void buildFlush() {
    uint32_t row = 0;
    for (int mask = 0; mask < 1 << 13; mask++) {
      int bits = __builtin_popcount(mask);
      if (bits < 3 || bits > 5) continue;
      flushRow[mask] = row;
      for (int high = 1; high < 13; high++)
        for (int low = 0; low < high; low++) {
          int hole = 1 << low | 1 << high;
          if (mask & hole) continue;
          uint16_t best = 0;
          for (int three = mask; three; three = (three - 1) & mask)
            if (__builtin_popcount(three) == 3) best = std::max(best, suited_[three | hole]);
          flush[row + pair[low * 16 + high]] = best;
        }
      row += kPairs;
    }
  }
};

/** A board made ready: the same look-ups as the TypeScript evaluator. */
class Board {
 public:
  explicit Board(const Tables& tables) : t_(tables) {}

  void set(int a, int b, int c, int d, int e) {
    int ab = t_.pair[(a >> 2) * 16 + (b >> 2)], cd = t_.pair[(c >> 2) * 16 + (d >> 2)];
    row_ = &t_.offsuit[t_.addFifth[t_.joinPairs[ab * kPairs + cd] * 13 + (e >> 2)] * kPairs];
    int counts = (1 << ((a & 3) << 2)) + (1 << ((b & 3) << 2)) + (1 << ((c & 3) << 2)) + (1 << ((d & 3) << 2)) +
                 (1 << ((e & 3) << 2));
    int full = (counts + 0x5555) & 0x8888;
    suit_ = full ? (31 - __builtin_clz(full)) >> 2 : -1;
    if (!full) return;
    int mask = 0;
    for (int card : {a, b, c, d, e})
      if ((card & 3) == suit_) mask |= 1 << (card >> 2);
    flush_ = &t_.flush[t_.flushRow[mask]];
  }

  int pairValue(int a, int b) const {
    int p = t_.pair[(a >> 2) * 16 + (b >> 2)];
    int value = row_[p];
    if ((a & 3) == suit_ && (b & 3) == suit_) value = std::max<int>(value, flush_[p]);
    return value;
  }

  int evaluate4(int a, int b, int c, int d) const {
    int best = std::max(std::max(std::max(pairValue(a, b), pairValue(a, c)), std::max(pairValue(a, d), pairValue(b, c))),
                        std::max(pairValue(b, d), pairValue(c, d)));
    return best;
  }

 private:
  const Tables& t_;
  const uint16_t* row_ = nullptr;
  const uint16_t* flush_ = nullptr;
  int suit_ = -1;
};

}  // namespace omaha
