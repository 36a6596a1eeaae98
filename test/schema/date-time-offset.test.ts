/** The two scalars, and the arithmetic that date-times are compared with. */
import fc from "fast-check";
import { type GraphQLScalarType, parseValue } from "graphql";
import { describe, expect, it } from "vitest";
import { Base64, base64Rule } from "../../src/schema/base64.ts";
import { DateTimeOffset, dateTimeOffsetRule } from "../../src/schema/date-time-offset.ts";
import { instantOf, isBefore } from "../../src/schema/validation/instant.ts";
import { wrongValues } from "./validation/wrong-values.ts";

const picosecondsPerMinute = 60_000_000_000_000n;

const millisecond = fc.integer({ min: Date.parse("0002-01-01T00:00:00Z"), max: Date.parse("9998-12-31T00:00:00Z") });
const offsetMinutes = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
const offsetMinutesOfDotNet = fc.integer({ min: -14 * 60, max: 14 * 60 });
const digits = fc.stringMatching(/^[0-9]{0,7}$/);

/** The moment as a clock at that offset shows it, with more digits of the second than a Date has. */
function written(epochSecond: number, fraction: string, offset: number): string {
  const local = new Date((epochSecond + offset * 60) * 1000).toISOString().slice(0, 19);
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
  return `${local}${fraction && `.${fraction}`}${zone}`;
}

function picoseconds(epochSecond: number, fraction: string): bigint {
  return BigInt(epochSecond) * 1_000_000_000_000n + BigInt(fraction.padEnd(12, "0"));
}

describe("instantOf", () => {
  it("agrees with Date on every moment that a Date can represent", () => {
    fc.assert(
      fc.property(millisecond, (ms) => {
        expect(instantOf(new Date(ms).toISOString())).toBe(BigInt(ms) * 1_000_000_000n);
      }),
    );
  });

  it("is equal for one moment at any two offsets, to the last digit", () => {
    fc.assert(
      fc.property(millisecond, digits, offsetMinutes, offsetMinutes, (ms, fraction, here, there) => {
        const second = Math.floor(ms / 1000);
        const expected = picoseconds(second, fraction);
        expect(instantOf(written(second, fraction, here))).toBe(expected);
        expect(instantOf(written(second, fraction, there))).toBe(expected);
      }),
    );
  });

  it("decreases by a minute for each minute of offset", () => {
    fc.assert(
      fc.property(offsetMinutes, (offset) => {
        const atOffset = written(0, "", 0).slice(0, 19) + written(0, "", offset).slice(19);
        expect(instantOf(atOffset)).toBe(-BigInt(offset) * picosecondsPerMinute);
      }),
    );
  });

  it("accepts exactly the days of the calendar", () => {
    for (const year of [1, 4, 99, 100, 400, 1582, 1900, 1970, 2000, 2024, 2027, 2100, 9999]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const [yyyy, mm, dd] = [
            String(year).padStart(4, "0"),
            String(month).padStart(2, "0"),
            String(day).padStart(2, "0"),
          ];
          const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
          const length = [0, 31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0][month] ?? 0;
          const exists = day >= 1 && day <= length;
          expect(instantOf(`${yyyy}-${mm}-${dd}T00:00:00Z`) !== undefined, `${yyyy}-${mm}-${dd}`).toBe(exists);
        }
      }
    }
  });

  it("is undefined for any other text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(instantOf(text)).toBeUndefined();
      }),
    );
  });
});

describe("isBefore", () => {
  it("orders moments correctly, whatever their offsets", () => {
    fc.assert(
      fc.property(
        millisecond,
        fc.integer({ min: -3, max: 3 }),
        digits,
        digits,
        offsetMinutes,
        offsetMinutes,
        (...given) => {
          const [ms, apart, fraction, otherFraction, here, there] = given;
          const second = Math.floor(ms / 1000);
          const [one, other] = [picoseconds(second, fraction), picoseconds(second + apart, otherFraction)];
          const [text, otherText] = [written(second, fraction, here), written(second + apart, otherFraction, there)];
          expect([isBefore(text, otherText), isBefore(otherText, text)]).toEqual([one < other, other < one]);
        },
      ),
    );
  });

  it("distinguishes moments by the seventh digit", () => {
    expect(isBefore("2027-01-01T00:00:00.1234567Z", "2027-01-01T00:00:00.1234568Z")).toBe(true);
    expect(isBefore("2027-01-01T00:00:00.1234568Z", "2027-01-01T00:00:00.1234567Z")).toBe(false);
    expect(isBefore("2027-01-01T00:00:00.1Z", "2027-01-01T00:00:00.1000000Z")).toBe(false);
  });

  it("is false if either is not a date-time", () => {
    expect(isBefore("soon", "2027-01-01T00:00:00Z")).toBe(false);
    expect(isBefore("2027-01-01T00:00:00Z", "later")).toBe(false);
  });
});

/** What the scalar makes of a string: as a variable's value and as a literal. */
function bothWays(scalar: GraphQLScalarType<string, string>, text: string): unknown[] {
  return [scalar.parseValue(text), scalar.parseLiteral(parseValue(JSON.stringify(text)), {})];
}

describe("DateTimeOffset", () => {
  it("keeps every digit, both in a variable and in a literal", () => {
    fc.assert(
      fc.property(millisecond, digits, offsetMinutesOfDotNet, (ms, fraction, offset) => {
        const text = written(Math.floor(ms / 1000), fraction, offset);
        expect(bothWays(DateTimeOffset, text)).toEqual([text, text]);
        expect(DateTimeOffset.serialize(text)).toBe(text);
      }),
    );
  });

  it("writes T and Z in upper case, as Graph requires", () => {
    expect(DateTimeOffset.parseValue("2027-01-31t08:00:00.5z")).toBe("2027-01-31T08:00:00.5Z");
  });

  it.each(Object.entries(wrongValues.expirationDateTime))("rejects %s with its rule", (_, value) => {
    expect(() => DateTimeOffset.parseValue(value)).toThrow(dateTimeOffsetRule);
  });

  it("rejects literals that are not strings", () => {
    for (const literal of ["2027", "2027.5", "true", "TODAY", "null", "{}", '["2027-01-31T08:00:00Z"]']) {
      expect(() => DateTimeOffset.parseLiteral(parseValue(literal), {})).toThrow(dateTimeOffsetRule);
    }
  });

  it("serializes strings only", () => {
    expect(() => DateTimeOffset.serialize(new Date(0))).toThrow(TypeError);
  });
});

describe("Base64", () => {
  it("keeps the base64 of any bytes as it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(bothWays(Base64, text)).toEqual([text, text]);
        expect(Base64.serialize(text)).toBe(text);
      }),
    );
  });

  it("accepts a text if and only if decoding and encoding return it unchanged", () => {
    const nearly = fc.stringMatching(/^[A-Za-z0-9+/_= \t-]{0,24}$/);
    fc.assert(
      fc.property(nearly, (text) => {
        const canonical = Buffer.from(atobOrEmpty(text), "latin1").toString("base64") === text;
        if (canonical) expect(Base64.parseValue(text)).toBe(text);
        else expect(() => Base64.parseValue(text)).toThrow(base64Rule);
      }),
      { numRuns: 500 },
    );
  });

  it.each(["QQ", "QQ=", "QR==", "QUI", "QUJ=", "QUJD\t", "QU JD", "_-8=", "====", "=", "Q===", "QQ==QQ==", "ＱＱ=="])(
    "rejects %j with its rule",
    (text) => {
      expect(() => Base64.parseValue(text)).toThrow(base64Rule);
      expect(() => Base64.parseLiteral(parseValue(JSON.stringify(text)), {})).toThrow(base64Rule);
    },
  );

  it("serializes strings only", () => {
    expect(() => Base64.serialize(Buffer.from("PFX"))).toThrow(TypeError);
  });
});

/** The platform's own decoder, forgiving as it is about white space and missing padding. */
function atobOrEmpty(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
