using FlowStudio.Web.Studio.Runs;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Runs;

public class RunSelectionTests
{
    static readonly Guid[] Shown = [.. Enumerable.Range(1, 6).Select(i => new Guid($"00000000-0000-7000-8000-{i:000000000000}"))];

    [Fact]
    public void One_after_the_other_and_with_Shift_what_lies_between()
    {
        var selection = new RunSelection();
        selection.Toggle(Shown[1], through: false, Shown);
        selection.Toggle(Shown[4], through: true, Shown);
        selection.Ids.Order().ShouldBe(Shown[1..5]);
        selection.Toggle(Shown[2], through: false, Shown);
        selection.Has(Shown[2]).ShouldBeFalse();
        // What is unticked with Shift goes with all between.
        selection.Toggle(Shown[4], through: true, Shown);
        selection.Ids.ShouldBe([Shown[1]]);
    }

    [Fact]
    public void Of_all_that_match_one_can_be_left_out_of_those_that_are_shown()
    {
        var selection = new RunSelection();
        selection.Everything();
        selection.Has(Guid.CreateVersion7()).ShouldBeTrue();
        selection.Toggle(Shown[0], through: false, Shown);
        selection.IsAll.ShouldBeFalse();
        selection.Ids.Order().ShouldBe(Shown[1..]);
    }

    [Fact]
    public void What_is_deleted_is_not_ticked_any_more()
    {
        var selection = new RunSelection();
        selection.All(Shown);
        selection.Forget(Shown[..5]);
        selection.Ids.ShouldBe([Shown[5]]);
        selection.Clear();
        selection.IsEmpty.ShouldBeTrue();
    }
}
