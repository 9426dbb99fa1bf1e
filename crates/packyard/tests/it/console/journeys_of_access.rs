//! Users, roles and projects, from both sides: who manages them, and who is managed.

use super::access_steps::{
    add_member, add_project, add_user, first_login, log_out, one_time_password, switch_scope, tick,
};
use super::browser::ESCAPE;
use super::journeys::console;

#[test]
fn a_user_is_added_logs_in_forgets_the_password_and_is_let_go() {
    let Some((yard, browser)) = console("a_user_is_added_logs_in_forgets_the_password_and_is_let_go") else { return };
    browser.click_text("Access");
    browser.until_text("Nobody else yet");
    browser.leave_by("Add User");
    browser.leave_by("Confirm");
    browser.until_text("An email address is needed");
    let one_time = add_user(&browser, "ann@example.com", "Ann", "PackyardViewer");
    browser.go("/settings/users?q=ANN");
    browser.until("document.querySelectorAll('tbody tr').length === 1");
    assert!(!browser.text().contains(&one_time), "the password is shown once");

    log_out(&browser);
    first_login(&browser, "ann@example.com", &one_time, "Ann chose this one");
    browser.go("/settings/users");
    browser.until_text("Not allowed");
    browser.go("/settings/projects");
    browser.until("document.querySelector('tbody a.opener')");
    assert!(!browser.text().contains("Add Project"), "a viewer adds nothing");
    browser.click("summary[aria-label='Your account']");
    browser.leave_by("Change my password");
    browser.fill("#password", "Ann chose this one");
    browser.fill("#new-password", "short");
    browser.fill("#again", "short");
    browser.script("document.querySelector('form.narrow').noValidate = true", &[]);
    browser.leave_by("Change password");
    browser.until_text("minimum length of 8");
    browser.fill("#password", "Ann chose this one");
    browser.fill("#new-password", "Ann chose another");
    browser.fill("#again", "Ann chose another");
    browser.leave_by("Change password");
    browser.until_text("Password changed");
    log_out(&browser);

    browser.log_in(&yard.admin_email, &yard.admin_password);
    browser.go("/settings/users");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    browser.leave_by("Reset password");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('.dialog')");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    browser.leave_by("Reset password");
    browser.until_text("every session of the user ends");
    browser.click(".dialog button.danger");
    browser.until_text("Password of Ann reset");
    let again = one_time_password(&browser);
    browser.go("/settings/users");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    browser.leave_by("Deactivate");
    browser.click(".dialog button.danger");
    browser.until_text("User Ann deactivated");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    browser.leave_by("Activate");
    browser.until_text("User Ann activated");
    log_out(&browser);
    first_login(&browser, "ann@example.com", &again, "Ann came back once");
    log_out(&browser);

    browser.log_in(&yard.admin_email, &yard.admin_password);
    browser.go("/settings/users");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    browser.leave_by("Delete");
    browser.until_text("the activity log keeps the name");
    browser.click(".dialog button.danger");
    browser.until_text("User Ann deleted");
    browser.until_text("Nobody else yet");
}

#[test]
fn the_last_administrator_cannot_step_down() {
    let Some((_yard, browser)) = console("the_last_administrator_cannot_step_down") else { return };
    browser.go("/settings/users");
    browser.click("summary[aria-label^='three-dot Menu of']");
    assert!(!browser.text().contains("Deactivate"), "nobody deactivates oneself");
    browser.leave_by("Edit");
    tick(&browser, "PackyardTenantAdmin");
    browser.leave_by("Confirm");
    browser.until_text("Nobody can take PackyardTenantAdmin from themselves");
    browser.go("/settings/roles");
    browser.click("details.facts-fold summary");
    browser.until_text("PackyardProjectAdmin");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_project_has_members_who_work_in_it_alone() {
    let Some((yard, browser)) = console("a_project_has_members_who_work_in_it_alone") else { return };
    let one_time = add_user(&browser, "ed@example.com", "Ed", "");
    let project = add_project(&browser, "edge-team");
    browser.until_text("No members yet");
    add_member(&browser, &project, "Ed", "Project Editor");
    browser.go(&format!("{project}/delete"));
    browser.until_text("cannot be deleted yet");
    browser.until_text("It still has 1 member");
    assert!(!browser.text().contains("Delete project"), "there is no such button");
    browser.leave_by("Close");
    log_out(&browser);

    // The member is in the project without having to choose it.
    first_login(&browser, "ed@example.com", &one_time, "Ed chose this one");
    browser.go("/profiles/new");
    browser.fill("#name", "edge");
    browser.leave_by("Next");
    browser.until("location.pathname.endsWith('/layers')");
    let made = browser.address().trim_end_matches("/layers").to_owned();
    browser.go(&project);
    browser.until_text("1 cluster profile version");
    assert!(!browser.text().contains("Add Member"), "an editor manages no members");
    log_out(&browser);

    browser.log_in(&yard.admin_email, &yard.admin_password);
    browser.go("/profiles");
    browser.until_text("edge");
    switch_scope(&browser, "Default");
    browser.until_text("No cluster profiles yet");
    switch_scope(&browser, "edge-team");
    browser.until(&format!("document.querySelector('a[href=\"{made}\"]')"));
    browser.go(&format!("{project}/delete"));
    browser.until_text("It still holds 1 cluster profile version");
    browser.go(&project);
    browser.click("a[aria-label='Remove Ed']");
    browser.until_text("Remove Ed from edge-team?");
    browser.click(".dialog button.danger");
    browser.until_text("Ed is no member any more");
    browser.go(&format!("{made}/delete"));
    browser.click(".dialog button.danger");
    browser.until_text("No cluster profiles yet");
    browser.go(&format!("{project}/delete"));
    browser.click(".dialog button.danger");
    browser.until_text("Project edge-team deleted");
}
