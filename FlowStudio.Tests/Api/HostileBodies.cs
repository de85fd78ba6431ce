using System.Text;
using Xunit;

namespace FlowStudio.Tests.Api;

/// <summary>What becomes of a body.</summary>
public enum Verdict
{
    /// <summary>JSON that is kept as it is.</summary>
    Json,

    /// <summary>Text: the webhook wraps it, the API refuses it.</summary>
    Text,

    /// <summary>Nobody takes it.</summary>
    Refused,
}

/// <summary>Bodies that parsers and stores stumble over.</summary>
public static class HostileBodies
{
    static readonly (string Name, byte[] Body, Verdict Verdict)[] All =
    [
        Json("object", """{"a":1}"""),
        Json("empty object", "{}"),
        Json("empty array", "[]"),
        Json("string", "\"plain\""),
        Json("empty string", "\"\""),
        Json("number", "42"),
        Json("negative zero", "-0"),
        Json("true", "true"),
        Json("false", "false"),
        Json("null", "null"),
        Json("array of all", """[null,true,false,0,-1,1.5,"x",{},[]]"""),
        Json("blanks around", " \t\r\n{\"a\":1}\n "),
        Json("empty name", """{"":1}"""),
        Json("name with a dot", """{"a.b":{"c[0]":1}}"""),
        Json("names that differ in case", """{"a":1,"A":2}"""),
        Json("same name in other objects", """{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"""),
        Json("names of builtins", """{"__proto__":{"polluted":true},"constructor":1,"$type":"System.Object","$ref":"#"}"""),
        Json("words of Langflow", """{"tweaks":{"x":1},"data":{"nodes":[]},"session_id":""}"""),
        Json("markup", """{"a":"<script>alert(1)</script>"}"""),
        Json("template marks", """{"a":"{b} {{c}} ${d} {0}"}"""),
        Json("escaped slash and quotes", """{"a":"\/\"\\\b\f\n\r\t"}"""),
        Json("surrogate pair as escapes", """{"a":"\uD83D\uDE00"}"""),
        Json("surrogate pair in a name", """{"\uD83D\uDE00":1}"""),
        Json("emoji as bytes", """{"a":"😀"}"""),
        Json("NUL as escape", """{"a":"\u0000"}"""),
        Json("NUL in a name", """{"a\u0000b":1}"""),
        Json("noncharacter", """{"a":"\uFFFF\uFDD0"}"""),
        Json("bidi override", "{\"a\":\"\u202Egnp.exe\"}"),
        Json("zero width", "{\"a\u200B\":\"\u200D\uFEFF\"}"),
        Json("line separators", "{\"a\":\"\u2028\u2029\"}"),
        Json("DEL", "{\"a\":\"\u007F\"}"),
        Json("largest double", "1.7976931348623157e308"),
        Json("smallest double", "5e-324"),
        Json("underflow", "1e-400"),
        Json("hundred digits", new string('9', 100)),
        Json("long fraction", "0." + new string('1', 1000)),
        Json("2^53+1", "9007199254740993"),
        Json("2^64", "18446744073709551616"),
        Json("exponent with plus", "1E+2"),
        Json("many names", "{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"n{i}\":{i}")) + "}"),
        Json("long string", "\"" + new string('x', 200_000) + "\""),
        Json("long name", "{\"" + new string('x', 100_000) + "\":1}"),
        Json("depth 60", new string('[', 60) + new string(']', 60)),
        Json("byte order mark", "\uFEFF{\"a\":1}"),
        Json("SQL", """{"a":"'); DROP TABLE runs; --"}"""),
        Json("date", """{"a":"2026-11-21T09:00:00Z"}"""),

        Text("plain text", "not json"),
        Text("blanks", "   "),
        Text("newline", "\n"),
        Text("NUL byte", "\0"),
        Text("raw NUL in a string", "{\"a\":\"\0\"}"),
        Text("raw newline in a string", "{\"a\":\"x\ny\"}"),
        Text("raw tab in a string", "{\"a\":\"\t\"}"),
        Text("trailing comma", """{"a":1,}"""),
        Text("trailing garbage", """{"a":1} x"""),
        Text("two values", """{"a":1}{"b":2}"""),
        Text("JSON lines", "{\"a\":1}\n{\"b\":2}"),
        Text("comment", """{"a":1/* no */}"""),
        Text("line comment", "// no\n{}"),
        Text("single quotes", "{'a':1}"),
        Text("unquoted name", "{a:1}"),
        Text("NaN", "NaN"),
        Text("NaN inside", """{"a":NaN}"""),
        Text("Infinity", """[Infinity,-Infinity]"""),
        Text("hexadecimal", "0x1F"),
        Text("leading zero", "012"),
        Text("leading plus", "+1"),
        Text("bare point", ".5"),
        Text("point without digits", "1."),
        Text("minus alone", "-"),
        Text("exponent alone", "1e"),
        Text("unclosed object", """{"a":1"""),
        Text("unclosed array", "[1,2"),
        Text("unclosed string", "\"abc"),
        Text("unclosed escape", "\"\\"),
        Text("bad escape", "\"\\x41\""),
        Text("short escape", "\"\\u12\""),
        Text("upper-case literal", "TRUE"),
        Text("undefined", "undefined"),
        Text("XML", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"),
        Text("YAML", "a: &a [*a]"),
        Text("form", "a=1&b=2"),
        Text("1e400", "1e400"),
        Text("-1e400 inside", """{"a":[-1e400]}"""),
        Text("400 digits", new string('9', 400)),
        Text("huge exponent", "1e99999999999999999999"),
        Text("same name twice", """{"a":1,"a":2}"""),
        Text("same name twice, once escaped", """{"a":1,"\u0061":2}"""),
        Text("same name twice, deep", """[{"x":{"y":[{"a":1,"b":2,"a":3}]}}]"""),
        Text("same name among many", "{" + string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"n{i}\":{i}")) + ",\"n1500\":0}"),
        Text("empty name twice", """{"":1,"":2}"""),
        Text("lone high surrogate", """{"a":"\uD800"}"""),
        Text("lone low surrogate", """{"a":"\uDC00"}"""),
        Text("surrogates the wrong way round", """{"a":"\uDE00\uD83D"}"""),
        Text("high surrogate, then text", """{"a":"\uD83Dx"}"""),
        Text("high surrogate, then other escape", """{"a":"\uD83D\n"}"""),
        Text("two high surrogates", """{"a":"\uD83D\uD83D\uDE00"}"""),
        Text("lone surrogate in a name", """{"\uD800":1}"""),
        Text("lone surrogate after a backslash", """{"a":"\\\uD800"}"""),
        Text("depth 65", new string('[', 65) + new string(']', 65)),
        Text("depth 100,000", new string('[', 100_000)),
        Text("depth 100,000 of objects", string.Concat(Enumerable.Repeat("{\"a\":", 100_000))),
        Text("byte order mark in the middle", "{\"a\":\uFEFF1}"),
        Text("two byte order marks", "\uFEFF\uFEFF{}"),
        Text("UTF-16 without mark", "{\0\"\0a\0\"\0:\01\0}\0"),

        Bytes("invalid byte", [0x7B, 0x22, 0x61, 0x22, 0x3A, 0x22, 0xFF, 0x22, 0x7D]),
        Bytes("overlong NUL", [0x22, 0xC0, 0x80, 0x22]),
        Bytes("overlong slash", [0x22, 0xE0, 0x80, 0xAF, 0x22]),
        Bytes("surrogate as bytes", [0x22, 0xED, 0xA0, 0x80, 0x22]),
        Bytes("beyond Unicode", [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22]),
        Bytes("cut character", [0x22, 0xE2, 0x82, 0x22]),
        Bytes("stray continuation", [0x22, 0x80, 0x22]),
        Bytes("invalid name", [0x7B, 0x22, 0xFE, 0x22, 0x3A, 0x31, 0x7D]),
        Bytes("Latin-1 text", [0x47, 0x72, 0xFC, 0xDF, 0x65]),
        Bytes("UTF-16 with mark", [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]),
        Bytes("UTF-32 with mark", [0x00, 0x00, 0xFE, 0xFF, 0x00, 0x00, 0x00, 0x7B]),
        Bytes("gzip without saying so", [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00]),
        Bytes("PNG", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        Bytes("all bytes", [.. Enumerable.Range(0, 256).Select(i => (byte)i)]),
    ];

    public static TheoryData<string> Names => [.. All.Select(b => b.Name)];

    public static (byte[] Body, Verdict Verdict) Of(string name)
    {
        var (_, body, verdict) = Array.Find(All, b => b.Name == name);
        return (body, verdict);
    }

    static (string, byte[], Verdict) Json(string name, string body) => (name, Encoding.UTF8.GetBytes(body), Verdict.Json);

    static (string, byte[], Verdict) Text(string name, string body) => (name, Encoding.UTF8.GetBytes(body), Verdict.Text);

    static (string, byte[], Verdict) Bytes(string name, byte[] body) => (name, body, Verdict.Refused);
}
