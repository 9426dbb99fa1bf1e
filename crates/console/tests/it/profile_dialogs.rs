//! Dialogs of a profile: each stands over the page it belongs to, also where its address is opened directly.

use crate::browser::Browser;
use crate::profiles;
use http::StatusCode;

#[tokio::test]
async fn every_dialog_stands_over_the_profile_with_a_way_back_to_it() {
    let mut browser = Browser::logged_in().await;
    let uid = profiles::made(&browser).await;
    let home = format!("/profiles/{uid}");
    for (page, title, back) in [
        ("clone", "Clone my app 1.0.0", ""),
        ("new-version", "Create new version", ""),
        ("delete", "Delete cluster profile my app 1.0.0?", ""),
        ("layers/0/rename", "Rename layer notes", "?layer=0"),
    ] {
        let page = browser.get(&format!("{home}/{page}")).await;
        assert_eq!(page.status, StatusCode::OK, "{title}: {}", page.text);
        // The stack and the editor of the page below.
        page.shows(title).shows("id=\"stack\"").shows("<yaml-editor").shows("About this profile");
        page.shows(&format!("href=\"{home}{back}\" data-close"));
    }
}

#[tokio::test]
async fn a_dialog_that_is_refused_stands_over_the_profile_too() {
    let mut browser = Browser::logged_in().await;
    let uid = profiles::made(&browser).await;
    for (page, says) in [("clone", "is not a version"), ("new-version", "is not a version")] {
        let address = format!("/profiles/{uid}/{page}");
        let fields = [("name", "x"), ("version", "1"), ("scope", "")];
        let page = browser.submit(&address, &address, &fields).await;
        page.shows(says).shows("aria-invalid=\"true\"").shows("id=\"stack\"");
    }
}
