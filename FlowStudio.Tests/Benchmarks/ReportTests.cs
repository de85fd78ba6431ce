using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Report;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Benchmarks;

public class ReportTests
{
    [Fact]
    public void What_stands_below_the_marker_outlives_a_new_run()
    {
        var first = ResultsFile.Merge("old figures", "");
        first.ShouldEndWith("## Notes\n");
        var second = ResultsFile.Merge("new figures", first + "\nThe disk limits it.\n");
        second.ShouldStartWith("new figures\n");
        second.ShouldNotContain("old figures");
        second.ShouldEndWith("## Notes\n\nThe disk limits it.\n");
    }

    [Fact]
    public void Each_benchmark_keeps_its_own_part_and_leaves_the_others()
    {
        var whole = ResultsFile.Merge("server figures", "") + "\nBy hand.\n";
        var with = ResultsFile.MergePart("micro", "## Micro\n\nold", ResultsFile.MergePart("history", "## History", whole));
        var again = ResultsFile.Merge("new server figures", ResultsFile.MergePart("micro", "## Micro\n\nnew", with));
        again.ShouldStartWith("new server figures\n");
        again.ShouldEndWith("## Notes\n\nBy hand.\n");
        again.ShouldNotContain("old");
        again.Split("## Micro\n\nnew").Length.ShouldBe(2);
        again.Split("## History").Length.ShouldBe(2);
        ResultsFile.MergePart("micro", "first", "").ShouldContain(ResultsFile.Marker);
    }

    [Theory]
    [InlineData(12.4, "12 ns")]
    [InlineData(1_240, "1.2 µs")]
    [InlineData(2_500_000, "2.50 ms")]
    public void Times_are_written_as_people_say_them(double nanoseconds, string words) => FlowStudio.Benchmarks.Micro.MicroBenchmark.Time(nanoseconds).ShouldBe(words);

    [Fact]
    public void A_figure_below_its_bar_fails_the_whole_run()
    {
        var table = new ResultTable(TextWriter.Null);
        table.Add(new ResultRow("Intake", "C=1", "10/s"));
        table.Add(new ResultRow("Intake", "C=64", "30/s", "60 % of echo", "≥ 30 %", Passed: true));
        table.AllPassed.ShouldBeTrue();
        table.Add(new ResultRow("Memory", "idle", "300 MiB", "", "≤ 200 MiB", Passed: false));
        table.AllPassed.ShouldBeFalse();
        table.ToMarkdown().ShouldContain("| Intake | C=1 | 10/s |  |  |  |\n|  | C=64 | 30/s | 60 % of echo | ≥ 30 % | pass |\n| Memory | idle | 300 MiB |  | ≤ 200 MiB | **FAIL** |");
    }

    [Fact]
    public void Processor_time_is_read_behind_a_name_with_spaces_and_parentheses() =>
        ProcessStats.ParseProcessorTime("42 (dot) net (x) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 100 1000 10\n").ShouldBe(TimeSpan.FromSeconds(2));

    [Fact]
    public void Memory_is_read_by_its_key() => ProcessStats.Kilobytes("VmPeak:\t  900 kB\nVmRSS:\t  512 kB\n", "VmRSS:").ShouldBe(512);

    [Theory]
    [InlineData("/data/bench", "xfs on /dev/b")]
    [InlineData("/data", "xfs on /dev/b")]
    [InlineData("/database", "ext4 on /dev/a")]
    public void The_file_system_is_the_one_of_the_longest_mount_point(string directory, string expected) =>
        MachineDescription.FileSystem(["/dev/a / ext4 rw 0 0", "/dev/b /data xfs rw 0 0"], directory).ShouldBe(expected);

    [Theory]
    [InlineData("model name\t: Fast CPU\ncpu MHz\t\t: 2500.4\nmodel name\t: Fast CPU\n", "Fast CPU at 2500 MHz")]
    [InlineData("vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: unknown\n", "AuthenticAMD family 25 model 17")]
    public void The_processor_is_named_or_described(string cpuinfo, string expected) => MachineDescription.Processor(cpuinfo).ShouldBe(expected);
}
