using System.Text;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class FileReaderTests
{
    [Theory]
    [InlineData("a.txt", "Plain\ntext", "Plain\ntext")]
    [InlineData("a.md", "# Title", "# Title")]
    [InlineData("a.unknown", "é", "é")]
    [InlineData("empty.txt", "", "")]
    public async Task Text_is_given_as_it_stands(string name, string content, string text)
    {
        var file = await NodeTest.Files.AddAsync(name, content);
        var node = new NodeTest("File").Set("path", new[] { file.Id });
        var outputs = (await node.RunAsync()).Outputs.ToDictionary(o => o.Port, o => o.Value.GetRawText());
        NodeTest.Json(outputs["message"]).GetString().ShouldBe(text);
        var whole = NodeTest.Json(outputs["data"]);
        (whole.GetProperty("file_id").GetGuid(), whole.GetProperty("name").GetString(), whole.GetProperty("text").GetString()).ShouldBe((file.Id, name, text));
        outputs["dataframe"].ShouldBe($"[{outputs["data"]}]");
        node.Logs.ShouldHaveSingleItem().Text.ShouldBe($"Read {name}: {file.Size} bytes.");
    }

    [Theory]
    [InlineData("id,name\n1,Ada\n2,\"B, \"\"C\"\"\"\n", """[{"id":"1","name":"Ada"},{"id":"2","name":"B, \"C\""}]""")]
    [InlineData("id;price\r\n007;1,50\r\n008;2,00", """[{"id":"007","price":"1,50"},{"id":"008","price":"2,00"}]""")]
    [InlineData("a\tb\n1\t2", """[{"a":"1","b":"2"}]""")]
    [InlineData("a|b\n1|2", """[{"a":"1","b":"2"}]""")]
    [InlineData("only\nx\ny\n", """[{"only":"x"},{"only":"y"}]""")]
    [InlineData("a,a,\n1,2,3", """[{"a":"1","a_2":"2","column_3":"3"}]""")]
    [InlineData("a,b\n\"two\nlines\",é\n", """[{"a":"two\nlines","b":"é"}]""")]
    [InlineData("a,b\n\n1,2\n\n", """[{"a":"1","b":"2"}]""")]
    [InlineData("a,b\n", "[]")]
    [InlineData("", "[]")]
    public async Task Csv_is_a_table_of_texts_whatever_separates_its_cells(string csv, string rows)
    {
        foreach (var bytes in (byte[][])[Encoding.UTF8.GetBytes(csv), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(csv)]])
        {
            var file = await NodeTest.Files.AddAsync("orders.csv", bytes);
            var node = new NodeTest("File").Set("path", new[] { file.Id });
            (await node.OutputAsync("dataframe")).GetRawText().ShouldBe(rows);
            (await node.OutputAsync("data")).GetRawText().ShouldBe(rows);
            (await node.TextAsync("message")).ShouldBe(csv);
            node.Logs.ShouldAllBe(l => l.Level == LogLevelName.Info);
        }
    }

    [Fact]
    public async Task Ragged_rows_are_kept_and_told()
    {
        var file = await NodeTest.Files.AddAsync("ragged.csv", "a,b\n1,2\n3\n4,5,6\n");
        var node = new NodeTest("File").Set("path", new[] { file.Id });
        (await node.OutputAsync("dataframe")).GetRawText().ShouldBe("""[{"a":"1","b":"2"},{"a":"3","b":""},{"a":"4","b":"5","column_3":"6"}]""");
        var warning = node.Logs.First(l => l.Level == LogLevelName.Warning).Text;
        warning.ShouldStartWith("ragged.csv: 2 of 3 rows have more or fewer cells");
        warning.ShouldContain("line 3");
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_is_an_error_with_its_line()
    {
        var file = await NodeTest.Files.AddAsync("broken.csv", "a,b\n1,2\n\"3,4\n5,6\n");
        var error = await new NodeTest("File").Set("path", new[] { file.Id }).FailsAsync();
        error.Code.ShouldBe("invalid_csv");
        error.Message.ShouldBe("File: broken.csv cannot be read as CSV: line 3 has a quote that is never closed.");
        (await new NodeTest("File").Set("path", new[] { file.Id }).Set("as", "text").TextAsync("message")).ShouldStartWith("a,b");
    }

    [Theory]
    [InlineData("a.json", """{"a":[1.50]}""", """{"a":[1.50]}""", """[{"a":[1.50]}]""")]
    [InlineData("a.json", """[{"a":1},{"a":2}]""", """[{"a":1},{"a":2}]""", """[{"a":1},{"a":2}]""")]
    [InlineData("a.jsonl", "{\"a\":1}\r\n\n{\"a\":2}\n", """[{"a":1},{"a":2}]""", """[{"a":1},{"a":2}]""")]
    public async Task Json_is_taken_apart(string name, string content, string data, string rows)
    {
        var file = await NodeTest.Files.AddAsync(name, content);
        var node = new NodeTest("File").Set("path", new[] { file.Id });
        (await node.OutputAsync("data")).GetRawText().ShouldBe(data);
        (await node.OutputAsync("dataframe")).GetRawText().ShouldBe(rows);
    }

    [Theory]
    [InlineData("a.json", "{broken", "a.json is not JSON")]
    [InlineData("a.jsonl", "{}\n{\"a\":1,\"a\":2}", "a.jsonl, line 2 is not JSON")]
    public async Task Json_that_is_none_is_told_with_its_place(string name, string content, string message)
    {
        var file = await NodeTest.Files.AddAsync(name, content);
        var error = await new NodeTest("File").Set("path", new[] { file.Id }).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("invalid_json", false));
        error.Message.ShouldContain(message);
    }

    [Fact]
    public async Task How_it_is_read_can_be_chosen()
    {
        var file = await NodeTest.Files.AddAsync("a.txt", "{\"a\":1}");
        (await new NodeTest("File").Set("path", file.Id).Set("as", "data").OutputAsync("data")).GetRawText().ShouldBe("""{"a":1}""");
        var table = await NodeTest.Files.AddAsync("b.txt", "a;b\n1;2");
        (await new NodeTest("File").Set("path", table.Id).Set("as", "table").OutputAsync("dataframe")).GetRawText().ShouldBe("""[{"a":"1","b":"2"}]""");
    }

    [Fact]
    public async Task Several_files_are_one_text_and_one_table()
    {
        var (a, b) = (await NodeTest.Files.AddAsync("a.csv", "x\n1"), await NodeTest.Files.AddAsync("b.csv", "x\n2"));
        var node = new NodeTest("File").Set("path", new[] { b.Id, a.Id }).Set("separator", "|");
        (await node.TextAsync("message")).ShouldBe("x\n2|x\n1");
        (await node.OutputAsync("dataframe")).GetRawText().ShouldBe("""[{"x":"2"},{"x":"1"}]""");
        (await node.OutputAsync("data")).GetRawText().ShouldBe("""[[{"x":"2"}],[{"x":"1"}]]""");
    }

    [Theory]
    [InlineData("\"{0}\"")]
    [InlineData("{{\"file_id\":\"{0}\",\"name\":\"x\"}}")]
    [InlineData("{{\"status\":200,\"file\":{{\"file_id\":\"{0}\"}}}}")]
    [InlineData("[{{\"file_id\":\"{0}\"}}]")]
    public async Task An_input_names_a_file_and_goes_before_the_setting(string reference)
    {
        var (a, b) = (await NodeTest.Files.AddAsync("a.txt", "A"), await NodeTest.Files.AddAsync("b.txt", "B"));
        (await new NodeTest("File").Set("path", new[] { a.Id }).In("file_path", string.Format(reference, b.Id)).TextAsync("message")).ShouldBe("B");
    }

    [Theory]
    [InlineData(new byte[] { 0x25, 0x50, 0x44, 0x46, 0x2D, 0x31 }, "a PDF")]
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4, 0 }, "a ZIP archive")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x41, 0 }, "text in UTF-16")]
    [InlineData(new byte[] { 0x41, 0 }, "no text")]
    [InlineData(new byte[] { 0x63, 0xE9, 0x64 }, "not encoded as UTF-8")]
    public async Task What_is_no_utf8_text_is_named(byte[] bytes, string kind)
    {
        var file = await NodeTest.Files.AddAsync("thing.txt", bytes);
        var error = await new NodeTest("File").Set("path", new[] { file.Id }).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("file_not_text", false));
        error.Message.ShouldContain($"thing.txt is {kind}");
    }

    [Fact]
    public async Task Without_a_file_or_with_one_that_is_gone_it_says_so()
    {
        (await new NodeTest("File").FailsAsync()).Code.ShouldBe("missing_file");
        (await new NodeTest("File").In("file_path", "\"no id\"").FailsAsync()).Code.ShouldBe("not_a_file");
        var file = await NodeTest.Files.AddAsync("gone.txt", "x");
        NodeTest.Files.Delete(file.Id).ShouldBeTrue();
        var error = await new NodeTest("File").Set("path", new[] { file.Id }).FailsAsync();
        (error.Code, error.Retryable).ShouldBe(("file_not_found", false));
        error.Message.ShouldContain(file.Id.ToString());
    }

    [Fact]
    public async Task More_than_a_step_can_pass_on_is_refused_before_it_is_read()
    {
        var half = new byte[FileReader.MaxReadBytes / 2 + 1];
        Array.Fill(half, (byte)'x');
        var file = await NodeTest.Files.AddAsync("half.txt", half);
        (await new NodeTest("File").Set("path", new[] { file.Id, file.Id }).FailsAsync()).Code.ShouldBe("files_too_large");
    }
}
