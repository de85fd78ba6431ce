using FlowStudio.Engine.Flows;
using FlowStudio.Web.Studio.Editor.FlowSettings;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class SettingsFormTests
{
    static async Task<(StudioPage Studio, Flow Flow, SettingsForm Form)> StartAsync()
    {
        var studio = await StudioPage.StartAsync();
        var flow = await studio.AddFlowAsync();
        var form = new SettingsForm(studio.Engine.Flows);
        form.Show(flow);
        return (studio, flow, form);
    }

    [Fact]
    public async Task A_change_is_saved_on_top_of_what_others_saved_meanwhile()
    {
        var (studio, flow, form) = await StartAsync();
        await using var _ = studio;
        var theirs = await studio.Engine.Flows.SaveAsync(flow with { Description = "theirs", Draft = flow.Draft with { Notes = [new() { Id = "n", Text = "kept" }] } }, flow.DraftRevision, CancellationToken.None);
        var saved = (await form.ChangeAsync(FlowSetting.EndpointName, " orders ", CancellationToken.None)).ShouldNotBeNull();
        (saved.EndpointName, saved.Description, saved.Draft.Notes.Count).ShouldBe(("orders", "theirs", 1));
        saved.DraftRevision.ShouldBe(theirs!.DraftRevision + 1);
    }

    [Fact]
    public async Task The_same_setting_changed_by_two_asks_the_second_and_offers_both()
    {
        var (studio, flow, form) = await StartAsync();
        await using var _ = studio;
        await studio.Engine.Flows.SaveAsync(flow with { Description = "theirs" }, flow.DraftRevision, CancellationToken.None);
        await form.ChangeAsync(FlowSetting.Description, "mine", CancellationToken.None);
        form.Conflict(FlowSetting.Description).ShouldBe(new("mine", "theirs"));
        form.Text(FlowSetting.Description).ShouldBe("mine");
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.Description.ShouldBe("theirs");

        form.UseTheirs(FlowSetting.Description);
        form.Text(FlowSetting.Description).ShouldBe("theirs");
        form.Conflict(FlowSetting.Description).ShouldBeNull();

        form.Show(flow);
        await form.ChangeAsync(FlowSetting.Description, "mine", CancellationToken.None);
        (await form.UseMineAsync(FlowSetting.Description, CancellationToken.None)).ShouldNotBeNull().Description.ShouldBe("mine");
        form.Conflict(FlowSetting.Description).ShouldBeNull();
    }

    [Fact]
    public async Task A_name_that_is_taken_is_told_at_the_field()
    {
        var (studio, flow, form) = await StartAsync();
        await using var _ = studio;
        var other = await studio.AddFlowAsync();
        await studio.Engine.Flows.SaveAsync(other with { EndpointName = "taken" }, other.DraftRevision, CancellationToken.None);
        (await form.ChangeAsync(FlowSetting.EndpointName, "taken", CancellationToken.None)).ShouldBeNull();
        form.Problem(FlowSetting.EndpointName).ShouldNotBeNull().ShouldContain("taken");
        form.Text(FlowSetting.EndpointName).ShouldBe("taken");
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.EndpointName.ShouldBeNull();
    }

    public static IEnumerable<TheoryDataRow<string, string, string>> Wrong() =>
    [
        new("limits.run_timeout", "soon", "'soon' is no number of seconds."),
        new("limits.run_timeout", "0", "The run timeout is 0 s. Give 1 to"),
        new("limits.run_timeout", "NaN", "is no number of seconds"),
        new("limits.retries", "1.5", "'1.5' is no number of repeats. Write a whole number."),
        new("limits.retries", "21", "The number of retries is 21. Give 0 to 20"),
        new("limits.keep_days", "-1", "Give 0.01 to 36,500"),
        new("limits.keep_runs", "0", "0 runs are to be kept"),
        new("limits.max_concurrent_runs", "99999999999", "is no number of runs"),
        new("name", " ", "The flow has no name."),
        new("tags", new string('x', 65), "is too long"),
        new("endpoint_name", "import", "taken by the API itself"),
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_a_setting_cannot_be_is_told_and_not_saved(string field, string text, string told)
    {
        var (studio, flow, form) = await StartAsync();
        await using var _ = studio;
        var setting = All.Single(s => s.Field == field);
        (await form.ChangeAsync(setting, text, CancellationToken.None)).ShouldBeNull();
        form.Problem(setting).ShouldNotBeNull().ShouldContain(told);
        (await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!.DraftRevision.ShouldBe(flow.DraftRevision);
        await form.ChangeAsync(setting, setting.Read(flow), CancellationToken.None);
        form.Problem(setting).ShouldBeNull();
    }

    public static IEnumerable<TheoryDataRow<string, string, string>> Right() =>
    [
        new("limits.run_timeout", "1,800.5", "1800.5"),
        new("limits.run_timeout", "  ", ""),
        new("limits.keep_runs", "10000", "10000"),
        new("limits.keep_days", "0.5", "0.5"),
        new("tags", " a, b ,,A, c c", "a, b, c c"),
        new("enabled", "off", "off"),
        new("access", "Token", "Token"),
        new("name", " New name ", "New name"),
        new("description", "text\nlines", "text\nlines"),
    ];

    [Theory]
    [MemberData(nameof(Right))]
    public async Task What_a_setting_becomes(string field, string text, string read)
    {
        var (studio, flow, form) = await StartAsync();
        await using var _ = studio;
        var setting = All.Single(s => s.Field == field);
        await form.ChangeAsync(setting, text, CancellationToken.None);
        form.Problem(setting).ShouldBeNull();
        setting.Read((await studio.Engine.Flows.FindAsync(flow.Id, CancellationToken.None))!).ShouldBe(read);
        form.Text(setting).ShouldBe(read);
    }

    static IReadOnlyList<FlowSetting> All =>
    [
        FlowSetting.Name, FlowSetting.Description, FlowSetting.EndpointName, FlowSetting.Tags, FlowSetting.Enabled, FlowSetting.Access, FlowSetting.RunTimeout,
        FlowSetting.MaxConcurrentRuns, FlowSetting.Retries, FlowSetting.KeepDays, FlowSetting.KeepRuns,
    ];

    [Fact]
    public async Task A_flow_that_is_gone_is_told()
    {
        var (studio, flow, form) = await StartAsync();
        await using var _ = studio;
        await studio.Engine.Flows.DeleteAsync(flow.Id, CancellationToken.None);
        await Should.ThrowAsync<FlowGoneException>(form.ChangeAsync(FlowSetting.Name, "x", CancellationToken.None));
    }
}
