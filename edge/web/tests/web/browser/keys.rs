//! The same road without a mouse: Tab, arrows, Space, Enter and typing. Whatever
//! has the focus must show it.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::json;

use super::stage::Stage;

/// More fields than any page has.
const MOST: usize = 200;

const REACHED: &str = "const it = document.activeElement; \
    if (!it.matches(arguments[0])) return ''; \
    const rings = [it, it.parentElement, it.nextElementSibling].filter(Boolean); \
    const ring = (e) => { const s = getComputedStyle(e); \
        return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'; }; \
    return rings.some(ring) ? 'shown' : 'hidden'";

impl Stage {
    pub async fn key(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Goes on by Tab until what `css` names has the focus.
    pub async fn reach(&self, css: &str) {
        for _ in 0..MOST {
            let found = self
                .client
                .execute(REACHED, vec![json!(css)])
                .await
                .unwrap();
            match found.as_str().unwrap_or_default() {
                "shown" => return,
                "hidden" => panic!("{css} on {} does not show its focus", self.here().await),
                _ => self.key(Key::Tab).await,
            }
        }
        panic!("no key leads to {css} on {}", self.here().await);
    }

    /// Follows a link, presses a button, opens a menu.
    pub async fn enter(&self, css: &str) {
        self.reach(css).await;
        self.key(Key::Enter).await;
    }

    /// Goes down a list until it stands at `value`.
    pub async fn choose_by_keys(&self, css: &str, value: &str) {
        self.reach(css).await;
        self.key(Key::Home).await;
        self.down_to(value, "return document.activeElement.value")
            .await;
    }

    /// Ticks a box, or goes through a group of choices.
    pub async fn tick_by_keys(&self, css: &str, value: &str) {
        self.reach(css).await;
        self.key(Key::Space).await;
        let group = "const it = document.activeElement; \
            return it.type === 'checkbox' ? (it.checked ? it.value : '') : it.value";
        self.down_to(value, group).await;
    }

    async fn down_to(&self, value: &str, script: &str) {
        for _ in 0..MOST {
            if self.client.execute(script, vec![]).await.unwrap() == json!(value) {
                return;
            }
            self.key(Key::Down).await;
        }
        panic!("no key leads to {value} on {}", self.here().await);
    }
}
