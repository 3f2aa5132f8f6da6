// Hands a second of the C++ twin: random boards and hands, a fixed board, and the pairs of a board. One thread.
#include <chrono>
#include <cstdio>
#include <random>

#include "../../scripts/native/omaha.hpp"

using Clock = std::chrono::steady_clock;

template <typename Work>
static double median(long hands, Work work) {
  std::vector<double> rates;
  for (int round = 0; round < 7; round++) {
    auto start = Clock::now();
    work();
    rates.push_back(hands / std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::sort(rates.begin(), rates.end());
  return rates[3];
}

int main() {
  const omaha::Tables tables;
  omaha::Board board(tables);
  const long hands = 1 << 20;
  std::mt19937 random(1);
  std::vector<uint8_t> cards(hands * 9);
  for (long i = 0; i < hands; i++) {
    uint8_t deck[52];
    for (int c = 0; c < 52; c++) deck[c] = c;
    for (int k = 0; k < 9; k++) {
      std::swap(deck[k], deck[k + random() % (52 - k)]);
      cards[i * 9 + k] = deck[k];
    }
  }
  volatile long sink = 0;
  double randomRate = median(hands, [&] {
    long sum = 0;
    for (const uint8_t* c = cards.data(); c < cards.data() + hands * 9; c += 9) {
      board.set(c[0], c[1], c[2], c[3], c[4]);
      sum += board.evaluate4(c[5], c[6], c[7], c[8]);
    }
    sink = sum;
  });
  board.set(0, 5, 10, 15, 20);
  double fixedRate = median(hands, [&] {
    long sum = 0;
    for (const uint8_t* c = cards.data(); c < cards.data() + hands * 9; c += 9) sum += board.evaluate4(c[5], c[6], c[7], c[8]);
    sink = sum;
  });
  std::vector<uint16_t> pairs(52 * 64);
  for (int a = 0; a < 52; a++)
    for (int b = 0; b < 52; b++)
      if (a != b) pairs[a * 64 + b] = board.pairValue(a, b);
  double pairsRate = median(hands, [&] {
    long sum = 0;
    for (const uint8_t* c = cards.data(); c < cards.data() + hands * 9; c += 9) {
      const uint16_t *a = &pairs[c[5] * 64], *b = &pairs[c[6] * 64];
      sum += std::max(std::max(std::max(a[c[6]], a[c[7]]), std::max(a[c[8]], b[c[7]])), std::max(b[c[8]], pairs[c[7] * 64 + c[8]]));
    }
    sink = sum;
  });
  std::printf("{\"random\":%.0f,\"fixed\":%.0f,\"pairs\":%.0f}\n", randomRate, fixedRate, pairsRate);
}
