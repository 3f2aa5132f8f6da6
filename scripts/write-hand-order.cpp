// Exact equity of every four-card Omaha hand against one random hand before the flop, by full enumeration:
// all 2,598,960 boards (as 134,459 classes under renaming of suits) × all ordered pairs of disjoint hands.
//
//   g++ -O3 -march=native -std=c++17 -o enumerate scripts/write-hand-order.cpp && ./enumerate > hands.tsv
//
// Prints one line for each of the 16,432 hand classes: four cards of one member (0-51, rank * 4 + suit), wins, ties;
// counts are out of C(48,5) * C(43,4) = 211,315,436,640. About 30 minutes on one core.
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <set>

#include "native/omaha.hpp"

using std::array;
using std::vector;

namespace {

long choose[53][6];

void fillChoose() {
  for (int n = 0; n < 53; n++)
    for (int k = 0; k < 6; k++) choose[n][k] = k == 0 ? 1 : n == 0 ? 0 : choose[n - 1][k - 1] + choose[n - 1][k];
}

vector<array<int, 4>> suitPermutations() {
  vector<array<int, 4>> all;
  array<int, 4> suits{0, 1, 2, 3};
  do all.push_back(suits);
  while (std::next_permutation(suits.begin(), suits.end()));
  return all;
}

// Colexicographic number of ascending cards.
template <size_t K>
long colex(const array<int, K>& cards) {
  long number = 0;
  for (size_t i = 0; i < K; i++) number += choose[cards[i]][i + 1];
  return number;
}

template <size_t K>
long canonical(const array<int, K>& cards, const vector<array<int, 4>>& permutations) {
  long least = -1;
  for (const auto& suits : permutations) {
    array<int, K> renamed;
    for (size_t i = 0; i < K; i++) renamed[i] = (cards[i] & ~3) | suits[cards[i] & 3];
    std::sort(renamed.begin(), renamed.end());
    long number = colex(renamed);
    if (least < 0 || number < least) least = number;
  }
  return least;
}

struct Class {
  array<int, 4> cards;
  long members = 0;
  long long wins = 0, ties = 0;
};

struct Hand {
  uint8_t card[4];      // positions among the 47 live cards
  uint16_t pair[6];
  uint16_t triple[4];
};

// Counts of hands seen so far that contain given cards: inclusion-exclusion then counts the disjoint ones.
struct Seen {
  long total = 0;
  int single[47], pair[1081], triple[16215];
  void clear() {
    total = 0;
    std::fill(std::begin(single), std::end(single), 0);
    std::fill(std::begin(pair), std::end(pair), 0);
    std::fill(std::begin(triple), std::end(triple), 0);
  }
  void add(const Hand& h) {
    total++;
    for (int c : h.card) single[c]++;
    for (int p : h.pair) pair[p]++;
    for (int t : h.triple) triple[t]++;
  }
  // Hands seen that share no card with `h`; `self` is 1 once `h` itself has been added.
  long disjoint(const Hand& h, int self) const {
    long count = total + self;
    for (int c : h.card) count -= single[c];
    for (int p : h.pair) count += pair[p];
    for (int t : h.triple) count -= triple[t];
    return count;
  }
};

}  // namespace

int main(int argc, char** argv) {
  fillChoose();
  const long limit = argc > 1 ? std::atol(argv[1]) : -1;
  const auto permutations = suitPermutations();
  const omaha::Tables tables;
  omaha::Board board(tables);

  // Hand classes.
  vector<int> classOf(choose[52][4]);
  vector<Class> classes;
  std::map<long, int> classNumber;
  for (int d = 3; d < 52; d++)
    for (int c = 2; c < d; c++)
      for (int b = 1; b < c; b++)
        for (int a = 0; a < b; a++) {
          array<int, 4> cards{a, b, c, d};
          long key = canonical(cards, permutations);
          auto [it, fresh] = classNumber.insert({key, static_cast<int>(classes.size())});
          if (fresh) classes.push_back({cards});
          classes[it->second].members++;
          classOf[colex(cards)] = it->second;
        }
  std::fprintf(stderr, "%zu hand classes\n", classes.size());

  // Hands as positions among 47 live cards: the same for every board.
  vector<Hand> hands;
  for (int d = 3; d < 47; d++)
    for (int c = 2; c < d; c++)
      for (int b = 1; b < c; b++)
        for (int a = 0; a < b; a++) {
          auto p = [](int x, int y) { return static_cast<uint16_t>(choose[y][2] + x); };
          auto t = [](int x, int y, int z) { return static_cast<uint16_t>(choose[z][3] + choose[y][2] + x); };
          Hand h{{uint8_t(a), uint8_t(b), uint8_t(c), uint8_t(d)},
                 {p(a, b), p(a, c), p(a, d), p(b, c), p(b, d), p(c, d)},
                 {t(a, b, c), t(a, b, d), t(a, c, d), t(b, c, d)}};
          hands.push_back(h);
        }

  std::map<long, long> boards;
  for (int e = 4; e < 52; e++)
    for (int d = 3; d < e; d++)
      for (int c = 2; c < d; c++)
        for (int b = 1; b < c; b++)
          for (int a = 0; a < b; a++) boards[canonical(array<int, 5>{a, b, c, d, e}, permutations)]++;
  std::fprintf(stderr, "%zu board classes\n", boards.size());

  vector<uint16_t> value(hands.size());
  vector<int> sorted(hands.size());
  vector<int> bucket(7464);
  uint16_t pairValue[1081];
  Seen seen;
  long done = 0;
  for (auto [key, weight] : boards) {
    if (done == limit) break;
    array<int, 5> cards;
    long rest = key;
    for (int i = 4; i >= 0; i--) {
      int card = i;
      while (choose[card + 1][i + 1] <= rest) card++;
      cards[i] = card;
      rest -= choose[card][i + 1];
    }
    board.set(cards[0], cards[1], cards[2], cards[3], cards[4]);
    int live[47], n = 0;
    for (int card = 0; card < 52; card++)
      if (std::find(cards.begin(), cards.end(), card) == cards.end()) live[n++] = card;
    for (int y = 1; y < 47; y++)
      for (int x = 0; x < y; x++) pairValue[choose[y][2] + x] = board.pairValue(live[x], live[y]);

    std::fill(bucket.begin(), bucket.end(), 0);
    for (size_t i = 0; i < hands.size(); i++) {
      uint16_t best = 0;
      for (int p : hands[i].pair) best = std::max(best, pairValue[p]);
      value[i] = best;
      bucket[best + 1]++;
    }
    std::partial_sum(bucket.begin(), bucket.end(), bucket.begin());
    for (size_t i = 0; i < hands.size(); i++) sorted[bucket[value[i]]++] = static_cast<int>(i);

    seen.clear();
    for (size_t from = 0; from < sorted.size();) {
      size_t to = from;
      while (to < sorted.size() && value[sorted[to]] == value[sorted[from]]) to++;
      for (size_t i = from; i < to; i++) {
        const Hand& h = hands[sorted[i]];
        long less = seen.disjoint(h, 0);
        Class& c = classes[classOf[choose[live[h.card[0]]][1] + choose[live[h.card[1]]][2] + choose[live[h.card[2]]][3] +
                                   choose[live[h.card[3]]][4]]];
        c.wins += weight * less;
        c.ties -= weight * less;
      }
      for (size_t i = from; i < to; i++) seen.add(hands[sorted[i]]);
      for (size_t i = from; i < to; i++) {
        const Hand& h = hands[sorted[i]];
        Class& c = classes[classOf[choose[live[h.card[0]]][1] + choose[live[h.card[1]]][2] + choose[live[h.card[2]]][3] +
                                   choose[live[h.card[3]]][4]]];
        c.ties += weight * seen.disjoint(h, 1);
      }
      from = to;
    }
    if (++done % 1000 == 0) std::fprintf(stderr, "%ld\n", done);
  }
  for (const Class& c : classes) {
    if (limit < 0 && (c.wins % c.members != 0 || c.ties % c.members != 0)) std::fprintf(stderr, "class does not divide\n");
    std::printf("%d\t%d\t%d\t%d\t%lld\t%lld\n", c.cards[0], c.cards[1], c.cards[2], c.cards[3], c.wins / c.members,
                c.ties / c.members);
  }
}
