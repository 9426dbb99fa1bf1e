//! The pages of users, roles and projects, photographed as the others are.

use super::access_steps::{add_member, add_project, add_user, first_login, log_out};
use super::photographs::{Album, console};

#[test]
fn pages_of_access() {
    let Some((yard, browser)) = console("pages_of_access") else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let mut album = Album::new(&browser);
    album.open("users-alone", "/settings/users");
    album.open("user-new", "/settings/users/new");
    browser.fill("#email", "no address");
    browser.leave_by("Confirm");
    browser.until_text("no email address here");
    album.take("user-fields-wrong");
    let one_time = add_user(&browser, "ann@example.com", "Ann", "PackyardViewer");
    album.take("user-made");
    add_user(&browser, "ed@example.com", "Ed", "");
    add_user(&browser, "bartholomew.maximilian.featherstone@subsidiary.example.com", "", "");
    album.open("activity-long-name", "/activity");
    album.open("project-new", "/settings/projects/new");
    let project = add_project(&browser, "edge-team");
    album.open("project-empty", &project);
    add_member(&browser, &project, "Ed", "Project Editor");
    album.open("project", &project);
    album.open("project-delete-refused", &format!("{project}/delete"));
    album.open("projects", "/settings/projects");
    album.open("roles", "/settings/roles");
    album.open("users", "/settings/users");
    album.open("users-nobody", "/settings/users?q=nobody-is-called-so");
    browser.go("/settings/users");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    album.take("users-menu");
    browser.leave_by("Edit");
    album.take("user-edit");
    browser.go("/settings/users");
    browser.click("summary[aria-label='three-dot Menu of Ann']");
    browser.leave_by("Delete");
    album.take("user-delete");
    album.open("account-password", "/account/password");
    log_out(&browser);
    first_login(&browser, "ann@example.com", &one_time, "Ann chose this one");
    album.open("not-allowed", &format!("{project}/edit"));
    album.close("pages of access");
}
