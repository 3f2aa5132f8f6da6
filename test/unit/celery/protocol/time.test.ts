import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import { formatIso, parseIso } from "../../../../src/celery/protocol/time.js";

describe("parseIso", () => {
  it.each([
    ["2026-11-23T20:40:30.853046+03:00", "2026-11-23T17:40:30.853Z"],
    ["2020-01-02T03:04:05.678900", "2020-01-02T03:04:05.678Z"],
    ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05.000Z"],
    ["2020-01-02T03:04:05.1234567Z", "2020-01-02T03:04:05.123Z"],
    ["2020-01-02T03:04:05.5Z", "2020-01-02T03:04:05.500Z"],
    ["2020-01-02T03:04:05,123456789-0530", "2020-01-02T08:34:05.123Z"],
    ["2020-01-02 03:04:05+00", "2020-01-02T03:04:05.000Z"],
    ["2020-02-29T23:59", "2020-02-29T23:59:00.000Z"],
    ["2020-01-02", "2020-01-02T00:00:00.000Z"],
    ["2020-01-02T03", "2020-01-02T03:00:00.000Z"],
    ["2020-01-02T03+01:00", "2020-01-02T02:00:00.000Z"],
    ["20200102T030405Z", "2020-01-02T03:04:05.000Z"],
    ["20200102T030405.5+0300", "2020-01-02T00:04:05.500Z"],
    ["20200102T0304", "2020-01-02T03:04:00.000Z"],
    ["0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000Z"],
  ])("reads %s", (text, iso) => {
    expect(parseIso(text).toISOString()).toBe(iso);
  });

  it.each([
    ["2024-07-01T12:00:00", "America/New_York", "2024-07-01T16:00:00.000Z"],
    ["2024-01-01T12:00:00", "America/New_York", "2024-01-01T17:00:00.000Z"],
    ["2024-03-31T01:59:59", "Europe/Berlin", "2024-03-31T00:59:59.000Z"],
    ["2024-03-31T03:00:00", "Europe/Berlin", "2024-03-31T01:00:00.000Z"],
    ["2024-07-01T12:00:00+00:00", "America/New_York", "2024-07-01T12:00:00.000Z"],
    ["2024-07-01T12:00:00", "UTC", "2024-07-01T12:00:00.000Z"],
  ])("reads %s in %s", (text, zone, iso) => {
    expect(parseIso(text, zone).toISOString()).toBe(iso);
  });

  it.each([
    "",
    "not-a-date",
    "2024-13-01T00:00:00",
    "2023-02-29T00:00:00",
    "2024-01-01T24:00:00",
    "2024-01-01T00:60:00",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00 UTC",
    "20240101",
    "20241301T000000Z",
    "20240101000000",
    "0000-01-01",
    "1700000000",
  ])("refuses %j", (text) => {
    expect(() => parseIso(text)).toThrow(DecodeError);
  });

  it("refuses an unknown zone", () => {
    expect(() => parseIso("2024-01-01T00:00:00", "Mars/Olympus")).toThrow(DecodeError);
  });
});

describe("formatIso", () => {
  it("writes what every Celery version reads, and parseIso reads it back", () => {
    const dates = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        const text = formatIso(date);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000\+00:00$/);
        expect(parseIso(text).getTime()).toBe(date.getTime());
      }),
    );
  });

  it.each([
    ["2026-11-23T20:40:30.853046+03:00", "2026-11-23T20:40:30.853046+03:00"],
    ["2020-01-02T03:04:05.678900", "2020-01-02T03:04:05.678000+00:00"],
    ["2020-01-02T03:04:05.5Z", "2020-01-02T03:04:05.500000+00:00"],
  ])("passes %s on as %s", (text, written) => {
    expect(formatIso(parseIso(text))).toBe(written);
  });

  it.each([new Date(Number.NaN), new Date(8e15), new Date(-8e15)])("refuses %s", (date) => {
    expect(() => formatIso(date)).toThrow(EncodeError);
  });
});
